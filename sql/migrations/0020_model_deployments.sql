-- Ours: which model went live or was taken back, when, by whom and why. The rows of ml_model_performance say how things
-- stand; these say how they came to.
CREATE TABLE model_deployment_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    model_type VARCHAR(50) NOT NULL
        CHECK (model_type IN ('intent_classifier', 'complexity_model', 'technique_selector')),
    kind TEXT NOT NULL CHECK (kind IN ('promote', 'rollback', 'retire', 'repair')),
    from_model UUID REFERENCES ml_model_performance(id),
    to_model UUID REFERENCES ml_model_performance(id),
    login_role TEXT NOT NULL DEFAULT session_user,
    actor TEXT NOT NULL CHECK (actor <> ''),
    reason TEXT NOT NULL CHECK (btrim(reason) <> ''),
    is_override BOOLEAN NOT NULL DEFAULT false,
    gate_report JSONB CHECK (jsonb_typeof(gate_report) = 'object'),
    gates_sha256 CHAR(64),
    CONSTRAINT ck_deployment_models CHECK (
        CASE kind
            WHEN 'promote' THEN to_model IS NOT NULL
            WHEN 'rollback' THEN from_model IS NOT NULL AND to_model IS NOT NULL
            WHEN 'retire' THEN from_model IS NOT NULL AND to_model IS NULL
            ELSE true
        END
        AND (kind = 'repair' OR from_model IS DISTINCT FROM to_model)
    ),
    CONSTRAINT ck_deployment_override CHECK (NOT is_override OR kind = 'promote')
);
COMMENT ON TABLE model_deployment_events IS
    'Ours: one row for each model that went live or was taken back, with who, why and what the gate said. It only grows.';
COMMENT ON COLUMN model_deployment_events.kind IS
    'promote: a model went live; rollback: an earlier one went live again; retire: none is live; repair: MLflow''s alias
was put back to what is live.';
COMMENT ON COLUMN model_deployment_events.from_model IS
    'What was live before; of a repair, what the alias named. NULL where nothing was.';
COMMENT ON COLUMN model_deployment_events.login_role IS 'The role that logged in.';
COMMENT ON COLUMN model_deployment_events.actor IS 'Who it was as far as the workbench knows: account and machine.';
COMMENT ON COLUMN model_deployment_events.is_override IS 'The gate said no, and a person decided otherwise.';
COMMENT ON COLUMN model_deployment_events.gate_report IS 'Every check of the gate, with its sentence and its figures.';
COMMENT ON COLUMN model_deployment_events.gates_sha256 IS 'Digest of the file that the rules were read from.';

CREATE INDEX idx_deployment_type ON model_deployment_events (model_type, id);
CREATE INDEX idx_deployment_from ON model_deployment_events (from_model);
CREATE INDEX idx_deployment_to ON model_deployment_events (to_model);

-- What went live before there were events, as far as the rows still tell: each by when it did, what is live last.
INSERT INTO model_deployment_events (at, model_type, kind, from_model, to_model, actor, reason)
SELECT deployed_at, model_type, 'promote', lag(id) OVER earlier, id, 'migration 0020', 'It went live before events were kept.'
FROM (
    SELECT id, model_type, is_active, COALESCE(deployed_at, created_at) AS deployed_at
    FROM ml_model_performance
    WHERE is_active OR deployed_at IS NOT NULL
) AS gone_live
WINDOW earlier AS (PARTITION BY model_type ORDER BY is_active, deployed_at, id)
ORDER BY is_active, deployed_at, id;
