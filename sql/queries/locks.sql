-- name: take
-- Waits until the lock is free; the end of the session gives it back, also when the process is killed.
SELECT pg_advisory_lock(hashtextextended(%(name)s, 0))

-- name: try
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0))

-- name: holder
-- Who holds it: the application name carries host and process.
SELECT a.application_name, to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(%(name)s, 0)

-- name: held
-- Asked on the connection that took it: a session that the server ended holds nothing any more.
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
      AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%(name)s, 0)
)
