-- Ours: what keeps the database in shape, when, and what came of it. The seed hands two jobs to pg_cron; here they are
-- rows, one statement each, which `workbench maintain` runs, or pg_cron where there is one.
CREATE TABLE maintenance_jobs (
    -- Not longer: with 'workbench ' before it, it has to fit into pg_cron's name.
    name VARCHAR(50) PRIMARY KEY CONSTRAINT ck_maintenance_job_name CHECK (name ~ '^[a-z][a-z0-9-]*$'),
    description TEXT NOT NULL,
    schedule VARCHAR(100) NOT NULL
        CONSTRAINT ck_maintenance_job_schedule CHECK (schedule ~ '^[0-9*,/-]+( [0-9*,/-]+){4}$'),
    -- A second statement would put both into one transaction, where VACUUM is refused.
    statement TEXT NOT NULL CONSTRAINT ck_maintenance_job_statement CHECK (statement <> '' AND strpos(statement, ';') = 0),
    position SMALLINT NOT NULL DEFAULT 100,
    timeout_seconds INTEGER NOT NULL DEFAULT 3600
        CONSTRAINT ck_maintenance_job_timeout CHECK (timeout_seconds BETWEEN 1 AND 86400),
    is_enabled BOOLEAN NOT NULL DEFAULT true
);
COMMENT ON TABLE maintenance_jobs IS
    'Ours: the jobs of `workbench maintain`. Statements run as the owner of this table, so nobody else may write it.';
COMMENT ON COLUMN maintenance_jobs.schedule IS
    'Five fields as in cron (minute, hour, day of month, month, day of week), in UTC, numbers only.';
COMMENT ON COLUMN maintenance_jobs.statement IS 'One statement, without a semicolon; names carry their schema.';
COMMENT ON COLUMN maintenance_jobs.position IS 'Where several are due at once, the lower runs first.';
COMMENT ON COLUMN maintenance_jobs.timeout_seconds IS 'When `workbench maintain` gives up; pg_cron knows no limit.';

CREATE TABLE maintenance_runs (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_name VARCHAR(50) NOT NULL REFERENCES maintenance_jobs(name) ON UPDATE CASCADE ON DELETE CASCADE,
    started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    finished_at TIMESTAMPTZ,
    state VARCHAR(10) NOT NULL DEFAULT 'running'
        CONSTRAINT ck_maintenance_run_state CHECK (state IN ('running', 'done', 'failed')),
    message TEXT,
    ran_by VARCHAR(10) NOT NULL DEFAULT 'workbench'
        CONSTRAINT ck_maintenance_run_by CHECK (ran_by IN ('workbench', 'pg_cron')),
    cron_run_id BIGINT CONSTRAINT uk_maintenance_cron_run UNIQUE,
    CONSTRAINT ck_maintenance_run_finished CHECK ((state = 'running') = (finished_at IS NULL)),
    CONSTRAINT ck_maintenance_run_cron CHECK ((ran_by = 'pg_cron') = (cron_run_id IS NOT NULL))
);
COMMENT ON TABLE maintenance_runs IS 'Ours: every run of a maintenance job, kept for 90 days.';
COMMENT ON COLUMN maintenance_runs.message IS 'What PostgreSQL answered, or why it failed.';
COMMENT ON COLUMN maintenance_runs.cron_run_id IS 'Of a run by pg_cron: its number in cron.job_run_details.';

CREATE INDEX idx_maintenance_runs_job ON maintenance_runs (job_name, started_at DESC);
