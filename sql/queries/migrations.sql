-- name: own_settings
-- What the role or the database sets for applications must not end a migration half-way.
SELECT set_config(name, CASE name WHEN 'client_encoding' THEN 'UTF8' ELSE '0' END, false)
FROM pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout',
               'idle_session_timeout', 'client_encoding')

-- name: blockers
-- Whoever makes the process wait; the application name of a workbench carries host and process.
SELECT concat_ws(' ', NULLIF(a.application_name, ''), '(process', a.pid, 'of', a.usename || ')')
FROM pg_stat_activity a
WHERE a.pid = ANY (pg_blocking_pids(%(pid)s))
ORDER BY 1

-- name: lock
-- One migrator at a time; the others wait here. The end of the connection releases it.
SELECT pg_advisory_lock(%(key)s)

-- name: create_ledger
CREATE TABLE IF NOT EXISTS schema_migrations (
    kind        VARCHAR(20)  NOT NULL CHECK (kind IN ('migration', 'routine', 'access')),
    name        VARCHAR(200) NOT NULL,
    digest      CHAR(64)     NOT NULL,
    applied_at  TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    PRIMARY KEY (kind, name)
)

-- name: widen_ledger
-- The first release knew no rights.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'schema_migrations'::regclass AND conname = 'schema_migrations_kind_check'
          AND pg_get_constraintdef(oid) NOT LIKE '%access%'
    ) THEN
        ALTER TABLE schema_migrations
            DROP CONSTRAINT schema_migrations_kind_check,
            ADD CONSTRAINT schema_migrations_kind_check CHECK (kind IN ('migration', 'routine', 'access'));
    END IF;
END $$

-- name: recorded
SELECT name, digest FROM schema_migrations WHERE kind = %(kind)s

-- name: ledger
SELECT kind, name, digest, applied_at FROM schema_migrations ORDER BY kind, name

-- name: record
-- A routine is recorded again each time its file changes; a migration only once.
INSERT INTO schema_migrations (kind, name, digest) VALUES (%(kind)s, %(name)s, %(digest)s)
ON CONFLICT (kind, name) DO UPDATE SET digest = EXCLUDED.digest, applied_at = NOW()

-- name: ensure_partitions
-- The last month, this one and the next, and every month whose rows the default partition caught.
DO $$
BEGIN
    IF to_regprocedure('create_missing_partitions()') IS NOT NULL THEN
        PERFORM create_missing_partitions();
    END IF;
END $$
