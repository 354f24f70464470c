-- name: by_id
SELECT id::text, model_type, model_name, model_version, training_dataset_version, accuracy::float8, metrics, parameters,
       is_active, deployed_at, deprecated_at, created_at, mlflow_run_id, artifact_sha256::text, training_samples
FROM ml_model_performance
WHERE id = %(id)s::uuid

-- name: of_type
-- The newest first; an empty type means every type.
SELECT id::text, model_type, model_name, model_version, training_dataset_version, accuracy::float8, metrics, parameters,
       is_active, deployed_at, deprecated_at, created_at, mlflow_run_id, artifact_sha256::text, training_samples
FROM ml_model_performance
WHERE (%(model_type)s::text IS NULL OR model_type = %(model_type)s)
ORDER BY model_type, created_at DESC, length(model_version) DESC, model_version DESC

-- name: unseen_same_version
-- Test prompts that a model cannot have learnt from, although the rows of its dataset version have changed since: those
-- it was tested on, and those that were added later.
SELECT id::text
FROM ml_training_data
WHERE dataset_version = %(version)s AND is_test_set
  AND (id::text = ANY(%(tested)s::text[]) OR created_at > %(trained_at)s)

-- name: unseen_other_version
-- Test prompts of a version whose text is no training prompt of the version that a model learnt from.
SELECT test.id::text
FROM ml_training_data test
WHERE test.dataset_version = %(version)s AND test.is_test_set
  AND NOT EXISTS (
      SELECT FROM ml_training_data learnt
      WHERE learnt.dataset_version = %(learnt)s AND NOT learnt.is_test_set
        AND learnt.prompt_digest = test.prompt_digest
  )

-- name: training_rows
SELECT count(*) FROM ml_training_data WHERE dataset_version = %(version)s AND NOT is_test_set

-- name: sources
SELECT COALESCE(source_type, 'of unknown source'), count(*)
FROM ml_training_data
WHERE dataset_version = %(version)s
GROUP BY 1
ORDER BY 2 DESC, 1
