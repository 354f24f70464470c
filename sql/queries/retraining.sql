-- name: queue
INSERT INTO retrain_runs (dataset_version, models, asked_by, reason, owner)
VALUES (%(version)s, %(models)s, %(asked_by)s, %(reason)s, %(owner)s)
RETURNING id::text

-- name: start
-- What the run stands on is known only now: others may have added rows while it waited.
UPDATE retrain_runs
SET state = 'running', started_at = clock_timestamp(), heartbeat_at = clock_timestamp(), inputs = %(inputs)s,
    validated_rows = (
        SELECT count(*) FROM ml_training_data t WHERE t.dataset_version = retrain_runs.dataset_version AND is_validated
    )
WHERE id = %(id)s AND owner = %(owner)s AND state IN ('queued', 'running')

-- name: take_over
-- As all that follows, sent a second time it changes nothing: the answer to the first may have been lost.
UPDATE retrain_runs
SET state = 'running', owner = %(owner)s, heartbeat_at = clock_timestamp(), processes = processes + (state <> 'running')::int,
    started_at = COALESCE(started_at, clock_timestamp()), finished_at = NULL, failure = NULL, error = NULL,
    cancel_asked_at = NULL, cancel_asked_by = NULL
WHERE id = %(id)s AND (state IN ('failed', 'cancelled') OR (state = 'running' AND owner = %(owner)s))

-- name: give_up
-- A place in the queue for a retraining that goes on with an earlier one instead.
DELETE FROM retrain_runs WHERE id = %(id)s AND owner = %(owner)s AND state = 'queued'

-- name: named
UPDATE retrain_runs SET mlflow_run_id = %(run_id)s, folder = %(folder)s
WHERE id = %(id)s AND owner = %(owner)s AND state = 'running'

-- name: beat
-- Says that the process lives, and hears whether somebody wants it to stop.
UPDATE retrain_runs SET heartbeat_at = clock_timestamp()
WHERE id = %(id)s AND owner = %(owner)s AND state IN ('queued', 'running')
RETURNING cancel_asked_at IS NOT NULL

-- name: end
-- Whoever closed it first is right; the owner is named so that nobody closes what another has taken over.
UPDATE retrain_runs
SET state = %(state)s, failure = %(failure)s, error = %(error)s, finished_at = COALESCE(finished_at, clock_timestamp())
WHERE id = %(id)s AND owner = %(owner)s AND state IN ('queued', 'running', %(state)s)

-- name: ask_cancel
UPDATE retrain_runs
SET cancel_asked_at = COALESCE(cancel_asked_at, clock_timestamp()), cancel_asked_by = COALESCE(cancel_asked_by, %(who)s)
WHERE id = %(id)s AND state IN ('queued', 'running')

-- name: begin_step
INSERT INTO retrain_steps (run_id, notebook, attempt, mlflow_run_id, output_path, source_sha256)
SELECT %(run)s, %(notebook)s, %(attempt)s, %(mlflow_run_id)s, %(output_path)s, %(source)s
FROM retrain_runs WHERE id = %(run)s AND owner = %(owner)s AND state = 'running'
ON CONFLICT (run_id, notebook, attempt) DO UPDATE SET state = 'running'
WHERE retrain_steps.state = 'running' AND retrain_steps.mlflow_run_id = EXCLUDED.mlflow_run_id

-- name: kernel_started
UPDATE retrain_steps SET kernel = %(kernel)s
WHERE run_id = %(run)s AND notebook = %(notebook)s AND attempt = %(attempt)s AND state = 'running'

-- name: end_step
UPDATE retrain_steps
SET state = %(state)s, failure = %(failure)s, error = %(error)s, finished_at = COALESCE(finished_at, clock_timestamp())
WHERE run_id = %(run)s AND notebook = %(notebook)s AND attempt = %(attempt)s AND state IN ('running', %(state)s)

-- name: runs
-- The newest first; all of them, or those that an id (or its beginning, or the MLflow run) names.
SELECT id::text, state, dataset_version, models, asked_by, reason, inputs, owner,
       extract(epoch FROM clock_timestamp() - heartbeat_at)::float8 AS silent_seconds, queued_at, started_at,
       finished_at, processes, cancel_asked_at IS NOT NULL AS cancel_asked, mlflow_run_id, folder, failure, error
FROM retrain_runs
WHERE (%(named)s::text IS NULL OR starts_with(id::text, %(named)s) OR mlflow_run_id = %(named)s)
  AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
ORDER BY queued_at DESC, id
LIMIT %(limit)s

-- name: newest
-- The last retraining of exactly these models on the version that did more than wait.
SELECT id::text FROM retrain_runs
WHERE dataset_version = %(version)s AND models = %(models)s AND inputs IS NOT NULL
ORDER BY started_at DESC, id
LIMIT 1

-- name: steps
SELECT notebook, attempt, state, started_at, finished_at, mlflow_run_id, kernel, output_path, source_sha256, failure,
       error
FROM retrain_steps
WHERE run_id = %(run)s
ORDER BY started_at, attempt

-- name: finished_mlflow_runs
-- Of the given MLflow runs those whose retraining or notebook has finished; one that a notebook shares with its parent
-- is the parent's.
SELECT mlflow_run_id FROM retrain_runs WHERE state = 'finished' AND mlflow_run_id = ANY(%(runs)s)
UNION
SELECT s.mlflow_run_id
FROM retrain_steps s
JOIN retrain_runs r ON r.id = s.run_id
WHERE s.state = 'finished' AND s.mlflow_run_id = ANY(%(runs)s) AND s.mlflow_run_id IS DISTINCT FROM r.mlflow_run_id

-- name: cancelled
-- Of the given retrainings those that somebody cancelled.
SELECT id::text FROM retrain_runs WHERE state = 'cancelled' AND id::text = ANY(%(ids)s)

-- name: still_at_work
-- Whether the server still works for one of the processes: what a killed one had sent may yet commit.
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE application_name = ANY(%(names)s) AND datname = current_database() AND pid <> pg_backend_pid()
)

-- name: taxonomy
-- What says which intents there are: a digest over the active paths.
SELECT encode(sha256(convert_to(COALESCE(string_agg(path, E'\n' ORDER BY path), ''), 'UTF8')), 'hex')
FROM intent_taxonomy
WHERE is_active
