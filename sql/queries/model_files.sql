-- name: of_run
-- What a model's file has to hash to, as it was when the model was recorded.
SELECT model_name, model_version, artifact_sha256::text FROM ml_model_performance WHERE mlflow_run_id = %(run_id)s
