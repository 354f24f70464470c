-- name: lock
-- One migrator at a time; the others wait here. The end of the connection releases it.
SELECT pg_advisory_lock(%(key)s)

-- name: create_ledger
CREATE TABLE IF NOT EXISTS schema_migrations (
    kind        VARCHAR(20)  NOT NULL CHECK (kind IN ('migration', 'routine')),
    name        VARCHAR(200) NOT NULL,
    digest      CHAR(64)     NOT NULL,
    applied_at  TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    PRIMARY KEY (kind, name)
)

-- name: recorded
SELECT name, digest FROM schema_migrations WHERE kind = %(kind)s

-- name: record
-- A routine is recorded again each time its file changes; a migration only once.
INSERT INTO schema_migrations (kind, name, digest) VALUES (%(kind)s, %(name)s, %(digest)s)
ON CONFLICT (kind, name) DO UPDATE SET digest = EXCLUDED.digest, applied_at = NOW()

-- name: ensure_partitions
-- The last month, this one and the next; what falls outside is caught by the default partition.
DO $$
BEGIN
    IF to_regprocedure('create_monthly_partition(date)') IS NOT NULL THEN
        PERFORM create_monthly_partition((date_trunc('month', NOW() AT TIME ZONE 'UTC') + m * INTERVAL '1 month')::date)
        FROM generate_series(-1, 1) AS m;
    END IF;
END $$
