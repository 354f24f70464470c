-- name: write
-- Keyed by the run: writing the same run again changes nothing.
INSERT INTO ml_model_performance (
    model_name, model_version, model_type, accuracy, precision_scores, recall_scores, f1_scores,
    training_dataset_version, training_samples, parameters, mlflow_run_id, metrics, artifact_sha256
) VALUES (
    %(model_name)s, %(model_version)s, %(model_type)s, %(accuracy)s, %(precision)s, %(recall)s, %(f1)s,
    %(dataset_version)s, %(training_samples)s, %(parameters)s, %(run_id)s, %(metrics)s, %(sha256)s
)
ON CONFLICT (mlflow_run_id) DO NOTHING

-- name: of_run
SELECT model_type, model_name, model_version, training_dataset_version, accuracy::float8, metrics, is_active,
       mlflow_run_id
FROM ml_model_performance
WHERE mlflow_run_id = %(run_id)s

-- name: active
SELECT model_type, model_name, model_version, training_dataset_version, accuracy::float8, metrics, is_active,
       mlflow_run_id
FROM ml_model_performance
WHERE model_type = %(model_type)s AND is_active

-- name: newest
SELECT model_type, model_name, model_version, training_dataset_version, accuracy::float8, metrics, is_active,
       mlflow_run_id
FROM ml_model_performance
WHERE model_type = %(model_type)s AND training_dataset_version = %(dataset_version)s
ORDER BY created_at DESC, model_version DESC
LIMIT 1

-- name: runs_written
SELECT mlflow_run_id FROM ml_model_performance WHERE mlflow_run_id = ANY(%(runs)s)
UNION
SELECT DISTINCT estimated_by_run FROM intent_technique_effectiveness WHERE estimated_by_run = ANY(%(runs)s)
