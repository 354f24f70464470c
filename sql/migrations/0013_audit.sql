-- Ours: the audit trail that the seed promises. Who changed what in the curated tables, and when. It only grows.
CREATE TABLE audit_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    transaction_id XID8 NOT NULL DEFAULT pg_current_xact_id(),
    login_role TEXT NOT NULL,
    acting_role TEXT NOT NULL,
    app_user_id TEXT,
    application_name TEXT,
    table_name TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
    row_key JSONB,
    row_data JSONB,
    changes JSONB,
    CONSTRAINT ck_audit_row_key CHECK ((row_key IS NULL) = (action = 'TRUNCATE')),
    CONSTRAINT ck_audit_row_data CHECK ((row_data IS NOT NULL) = (action IN ('INSERT', 'DELETE'))),
    CONSTRAINT ck_audit_changes CHECK ((changes IS NOT NULL) = (action = 'UPDATE'))
);
COMMENT ON TABLE audit_log IS 'Ours: one row for each row of a curated table that was inserted, changed or deleted.';
COMMENT ON COLUMN audit_log.login_role IS 'Ours: the role that logged in.';
COMMENT ON COLUMN audit_log.acting_role IS 'Ours: the role taken on with SET ROLE, else the one that logged in.';
COMMENT ON COLUMN audit_log.app_user_id IS
    'Ours: app.current_user_id as the application set it. Text, since a malformed one must not stop the write.';
COMMENT ON COLUMN audit_log.row_key IS 'Ours: the primary key, such as {"id": "..."}; NULL for TRUNCATE.';
COMMENT ON COLUMN audit_log.row_data IS 'Ours: the row as inserted or as it was when deleted.';
COMMENT ON COLUMN audit_log.changes IS
    'Ours: what an update changed, such as {"name": {"old": "a", "new": "b"}}; counters and times are left out, and of
what a person keeps private only the name of the column is told: {"name": {"withheld": true}}.';

-- What happened to this row.
CREATE INDEX idx_audit_row ON audit_log (table_name, row_key, id);
-- What happened since.
CREATE INDEX idx_audit_at ON audit_log (at);
