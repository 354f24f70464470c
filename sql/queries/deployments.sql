-- name: events
-- What happened to the models of a type, the oldest first.
SELECT e.id, e.at, e.model_type, e.kind, e.from_model::text, f.model_name, f.model_version, f.mlflow_run_id,
       e.to_model::text, t.model_name, t.model_version, t.mlflow_run_id, e.login_role, e.actor, e.reason, e.is_override,
       e.gate_report, e.gates_sha256::text
FROM model_deployment_events e
LEFT JOIN ml_model_performance f ON f.id = e.from_model
LEFT JOIN ml_model_performance t ON t.id = e.to_model
WHERE e.model_type = %(model_type)s
ORDER BY e.id

-- name: active
-- The live model of a type; nobody changes it before the transaction ends.
SELECT id::text FROM ml_model_performance WHERE model_type = %(model_type)s AND is_active FOR UPDATE

-- name: retire
UPDATE ml_model_performance
SET is_active = false, deprecated_at = NOW()
WHERE id = %(id)s::uuid AND is_active

-- name: activate
UPDATE ml_model_performance
SET is_active = true, deployed_at = NOW(), deprecated_at = NULL
WHERE id = %(id)s::uuid AND model_type = %(model_type)s AND NOT is_active

-- name: append
INSERT INTO model_deployment_events (
    model_type, kind, from_model, to_model, actor, reason, is_override, gate_report, gates_sha256
) VALUES (
    %(model_type)s, %(kind)s, %(from_model)s::uuid, %(to_model)s::uuid, %(actor)s, %(reason)s, %(is_override)s,
    %(gate_report)s, %(gates_sha256)s
)
RETURNING id
