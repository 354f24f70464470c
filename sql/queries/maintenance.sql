-- name: become_owner
-- Statements of the jobs run as who wrote them: a superuser who runs maintenance must not lend the owner more rights.
-- By its row in the catalogue: to a role that may not use the schema the name itself is unknown.
SELECT set_config('role', pg_get_userbyid(relowner), false)
FROM pg_class
WHERE relname = 'maintenance_jobs' AND relnamespace = 'public'::regnamespace

-- name: owner
SELECT pg_get_userbyid(relowner), current_user::text
FROM pg_class
WHERE relname = 'maintenance_jobs' AND relnamespace = 'public'::regnamespace

-- name: may_read
SELECT has_schema_privilege('public', 'USAGE') AND bool_and(has_table_privilege(oid, 'SELECT'))
FROM pg_class
WHERE relname IN ('maintenance_jobs', 'maintenance_runs') AND relnamespace = 'public'::regnamespace

-- name: jobs
-- Each job with its last run and the start of its last good one; now() is the clock by which it is due.
SELECT j.name, j.description, j.schedule, j.statement, j.timeout_seconds, j.is_enabled,
       r.state, r.started_at, r.finished_at, r.message, r.ran_by, d.started_at AS done_at, now() AS seen_at
FROM maintenance_jobs j
LEFT JOIN LATERAL (
    SELECT * FROM maintenance_runs WHERE job_name = j.name ORDER BY started_at DESC, id DESC LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT max(started_at) AS started_at FROM maintenance_runs WHERE job_name = j.name AND state = 'done'
) d ON true
ORDER BY j.position, j.name

-- name: close_killed
-- Whoever holds the lock of maintenance is alone, so what still seems to run was killed.
UPDATE maintenance_runs
SET state = 'failed', finished_at = clock_timestamp(), message = 'The process ended before the job did.'
WHERE state = 'running' AND ran_by = 'workbench'
RETURNING job_name

-- name: start
INSERT INTO maintenance_runs (job_name) VALUES (%(job)s) RETURNING id

-- name: finish
UPDATE maintenance_runs
SET state = %(state)s, finished_at = clock_timestamp(), message = %(message)s
WHERE id = %(id)s
RETURNING extract(epoch FROM finished_at - started_at)::float8

-- name: limit_statements
SELECT set_config('statement_timeout', %(milliseconds)s, false)

-- name: cron_usable
-- Asked first: where the schema is absent or closed, naming its tables is an error.
SELECT EXISTS (
    SELECT FROM pg_namespace n
    WHERE n.nspname = 'cron' AND has_schema_privilege(n.oid, 'USAGE')
      AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron')
)

-- name: cron_jobs
SELECT count(*) FROM cron.job
WHERE jobname LIKE 'workbench %' AND jobname <> 'workbench (collect runs)' AND database = current_database() AND active

-- name: collect_cron_runs
SELECT collect_cron_runs()

-- name: take_back
SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname LIKE 'workbench %' AND database = current_database()
