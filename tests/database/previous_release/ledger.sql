CREATE TABLE IF NOT EXISTS schema_migrations (
    kind        VARCHAR(20)  NOT NULL CHECK (kind IN ('migration', 'routine')),
    name        VARCHAR(200) NOT NULL,
    digest      CHAR(64)     NOT NULL,
    applied_at  TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
    PRIMARY KEY (kind, name)
)
