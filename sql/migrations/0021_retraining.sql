-- Ours: retrainings step by step, so that a killed one is gone on with and never done twice; and what starts them:
-- a person, a schedule, a trigger.
CREATE TABLE retrain_runs (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    state VARCHAR(10) NOT NULL DEFAULT 'queued'
        CONSTRAINT ck_retrain_state CHECK (state IN ('queued', 'running', 'finished', 'failed', 'cancelled')),
    dataset_version VARCHAR(20) NOT NULL,
    models TEXT[] NOT NULL CONSTRAINT ck_retrain_models CHECK (
        cardinality(models) > 0 AND models <@ ARRAY['intent_classifier', 'complexity_model', 'technique_selector']
    ),
    asked_by VARCHAR(10) NOT NULL CONSTRAINT ck_retrain_asked_by CHECK (asked_by IN ('person', 'schedule', 'trigger')),
    reason TEXT NOT NULL CHECK (reason <> ''),
    inputs JSONB CHECK (jsonb_typeof(inputs) = 'object'),
    validated_rows INTEGER CHECK (validated_rows >= 0),
    owner TEXT NOT NULL,
    heartbeat_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    queued_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    processes SMALLINT NOT NULL DEFAULT 1,
    cancel_asked_at TIMESTAMPTZ,
    cancel_asked_by TEXT,
    mlflow_run_id VARCHAR(32) UNIQUE,
    folder TEXT,
    failure VARCHAR(20) CONSTRAINT ck_retrain_failure CHECK (
        failure IN ('interrupted', 'dead kernel', 'timeout', 'database away', 'lost', 'error')
    ),
    error TEXT,
    CONSTRAINT ck_retrain_finished CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
    CONSTRAINT ck_retrain_failed CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT ck_retrain_started CHECK (state <> 'running' OR started_at IS NOT NULL)
);
COMMENT ON TABLE retrain_runs IS 'Ours: every retraining, who works on it, how it stands and why it was started.';
COMMENT ON COLUMN retrain_runs.inputs IS
    'Digests of dataset, taxonomy, encoder, parameters, notebooks and code: what has to be the same to go on with it.';
COMMENT ON COLUMN retrain_runs.validated_rows IS 'Validated rows of the dataset version when it started.';
COMMENT ON COLUMN retrain_runs.owner IS 'Host, process and its start: who works on it, or did last.';
COMMENT ON COLUMN retrain_runs.heartbeat_at IS 'When its process last said that it lives.';
COMMENT ON COLUMN retrain_runs.processes IS 'How many processes have worked on it, one after the other.';
COMMENT ON COLUMN retrain_runs.mlflow_run_id IS 'The parent run in MLflow.';
COMMENT ON COLUMN retrain_runs.failure IS 'Why it failed, in one of a few words; interrupted: its process ended.';

CREATE TABLE retrain_steps (
    run_id UUID NOT NULL REFERENCES retrain_runs(id) ON DELETE CASCADE,
    notebook VARCHAR(100) NOT NULL,
    attempt SMALLINT NOT NULL CHECK (attempt >= 1),
    state VARCHAR(10) NOT NULL DEFAULT 'running'
        CONSTRAINT ck_retrain_step_state CHECK (state IN ('running', 'finished', 'failed', 'cancelled')),
    started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    finished_at TIMESTAMPTZ,
    mlflow_run_id VARCHAR(32) NOT NULL,
    kernel TEXT,
    output_path TEXT NOT NULL,
    source_sha256 CHAR(64) NOT NULL,
    failure VARCHAR(20) CONSTRAINT ck_retrain_step_failure CHECK (
        failure IN ('interrupted', 'dead kernel', 'timeout', 'database away', 'lost', 'error')
    ),
    error TEXT,
    PRIMARY KEY (run_id, notebook, attempt),
    CONSTRAINT ck_retrain_step_finished CHECK ((state = 'running') = (finished_at IS NULL)),
    CONSTRAINT ck_retrain_step_failed CHECK ((state = 'failed') = (failure IS NOT NULL))
);
COMMENT ON TABLE retrain_steps IS 'Ours: every attempt at a notebook of a retraining.';
COMMENT ON COLUMN retrain_steps.mlflow_run_id IS 'The run that the notebook logs to: one of its own, or the parent.';
COMMENT ON COLUMN retrain_steps.kernel IS 'Host, process and its start of the kernel, ended before another attempt.';
COMMENT ON COLUMN retrain_steps.output_path IS 'Where the executed notebook lies; no two attempts share one.';
COMMENT ON COLUMN retrain_steps.source_sha256 IS 'Digest of the notebook that was executed.';

-- A retraining does one thing at a time, and finishes each notebook once.
CREATE UNIQUE INDEX uk_retrain_step_running ON retrain_steps (run_id) WHERE state = 'running';
CREATE UNIQUE INDEX uk_retrain_step_finished ON retrain_steps (run_id, notebook) WHERE state = 'finished';

CREATE TABLE schedules (
    name VARCHAR(50) PRIMARY KEY CONSTRAINT ck_schedule_name CHECK (name ~ '^[a-z][a-z0-9-]*$'),
    cron VARCHAR(100) NOT NULL CONSTRAINT ck_schedule_cron CHECK (cron ~ '^[0-9*,/-]+( [0-9*,/-]+){4}$'),
    timezone VARCHAR(64) NOT NULL DEFAULT 'UTC' CHECK (timezone <> ''),
    dataset_version VARCHAR(20) NOT NULL,
    models TEXT[] NOT NULL CONSTRAINT ck_schedule_models CHECK (
        cardinality(models) > 0 AND models <@ ARRAY['intent_classifier', 'complexity_model', 'technique_selector']
    ),
    triggers JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(triggers) = 'object'),
    added_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    added_by TEXT NOT NULL
);
COMMENT ON TABLE schedules IS 'Ours: when `workbench schedule run` looks whether to retrain what.';
COMMENT ON COLUMN schedules.cron IS
    'Five fields as in cron (minute, hour, day of month, month, day of week), in the time zone, numbers only.';
COMMENT ON COLUMN schedules.triggers IS
    'Names of triggers with their threshold; any of them is enough. With none every time retrains.';

CREATE TABLE schedule_turns (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schedule_name VARCHAR(50) NOT NULL REFERENCES schedules(name) ON DELETE CASCADE,
    due_at TIMESTAMPTZ NOT NULL,
    missed INTEGER NOT NULL DEFAULT 0 CHECK (missed >= 0),
    taken_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    owner TEXT NOT NULL,
    attempts SMALLINT NOT NULL DEFAULT 1,
    state VARCHAR(10) NOT NULL DEFAULT 'running'
        CONSTRAINT ck_turn_state CHECK (state IN ('running', 'idle', 'finished', 'failed')),
    finished_at TIMESTAMPTZ,
    message TEXT,
    retrain_run_id UUID REFERENCES retrain_runs(id) ON DELETE SET NULL,
    CONSTRAINT uk_schedule_turn UNIQUE (schedule_name, due_at),
    CONSTRAINT ck_turn_finished CHECK ((state = 'running') = (finished_at IS NULL))
);
COMMENT ON TABLE schedule_turns IS 'Ours: each time of a schedule that somebody took, once.';
COMMENT ON COLUMN schedule_turns.missed IS 'Earlier times that nobody took; they are made up for by this one.';
COMMENT ON COLUMN schedule_turns.state IS 'idle: no trigger fired, so nothing was retrained.';
COMMENT ON COLUMN schedule_turns.attempts IS 'How many schedulers have started its retraining.';

CREATE INDEX idx_schedule_turns_run ON schedule_turns (retrain_run_id);

CREATE TABLE trigger_evaluations (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    evaluated_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    schedule_name VARCHAR(50),
    turn_id BIGINT REFERENCES schedule_turns(id) ON DELETE SET NULL,
    trigger_name VARCHAR(50) NOT NULL,
    fired BOOLEAN NOT NULL,
    why TEXT NOT NULL CHECK (why <> ''),
    retrain_run_id UUID REFERENCES retrain_runs(id) ON DELETE SET NULL,
    CONSTRAINT uk_trigger_evaluation UNIQUE (turn_id, trigger_name)
);
COMMENT ON TABLE trigger_evaluations IS 'Ours: every look at a trigger: why it retrained, or why it did not.';
COMMENT ON COLUMN trigger_evaluations.schedule_name IS 'Stays when the schedule is removed; NULL where a person asked.';
COMMENT ON COLUMN trigger_evaluations.trigger_name IS 'A trigger, or person, or clock for a schedule without triggers.';
COMMENT ON COLUMN trigger_evaluations.retrain_run_id IS 'The retraining that was started for it.';

CREATE INDEX idx_trigger_evaluations_run ON trigger_evaluations (retrain_run_id);
