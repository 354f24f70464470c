-- name: lock
-- One migrator at a time; the others wait here.
SELECT pg_advisory_lock(%(key)s)

-- name: unlock
SELECT pg_advisory_unlock(%(key)s)

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
