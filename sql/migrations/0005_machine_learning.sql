-- Labelled prompts and the record of every model.

-- Two spellings of one prompt (case, spaces, line breaks) are one prompt.
CREATE FUNCTION normalised_prompt(prompt TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog
RETURN lower(regexp_replace(btrim(prompt, E' \t\r\n'), '\s+', ' ', 'g'));

CREATE TABLE ml_training_data (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    prompt_text TEXT NOT NULL CHECK (prompt_text <> ''),
    prompt_embedding vector(384),
    linguistic_features JSONB NOT NULL CHECK (jsonb_typeof(linguistic_features) = 'object'),
    intent_labels JSONB NOT NULL,
    -- NULL where nobody labelled it: data that came without complexity labels must not look as if it had them.
    complexity_label INTEGER CHECK (complexity_label BETWEEN 1 AND 5),
    optimal_techniques UUID[] NOT NULL DEFAULT '{}',
    is_validated BOOLEAN NOT NULL DEFAULT false,
    validation_score DECIMAL(3,2) CHECK (validation_score BETWEEN 0 AND 1),
    validator_id UUID REFERENCES users(id) ON DELETE SET NULL,
    source_type VARCHAR(50) CHECK (source_type IN ('production', 'synthetic', 'manual')),
    source_id UUID,
    dataset_version VARCHAR(20) NOT NULL,
    is_test_set BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    prompt_digest TEXT NOT NULL GENERATED ALWAYS AS (md5(normalised_prompt(prompt_text))) STORED,
    embedding_space VARCHAR(100),
    CONSTRAINT ck_training_intent_labels CHECK (
        jsonb_typeof(intent_labels) = 'object'
        AND COALESCE(jsonb_typeof(intent_labels -> 'primary') = 'string', false)
        AND (NOT intent_labels ? 'secondary' OR jsonb_typeof(intent_labels -> 'secondary') = 'array')
    ),
    CONSTRAINT ck_training_embedding_space CHECK ((prompt_embedding IS NULL) = (embedding_space IS NULL)),
    -- One prompt is never in train and test of one version.
    CONSTRAINT uk_training_prompt UNIQUE (dataset_version, prompt_digest)
);
COMMENT ON COLUMN ml_training_data.prompt_digest IS 'Ours: md5 of the normalised prompt, unique in a dataset version.';
COMMENT ON COLUMN ml_training_data.embedding_space IS
    'Ours: name and digest of the encoder that made prompt_embedding; two spaces never mix.';
COMMENT ON COLUMN ml_training_data.complexity_label IS 'Departure: may be NULL, for data that nobody labelled.';

CREATE INDEX idx_ml_validated ON ml_training_data (is_validated, validation_score DESC);
CREATE INDEX idx_ml_dataset ON ml_training_data (dataset_version, is_test_set);
CREATE INDEX idx_ml_validator ON ml_training_data (validator_id);
-- No vector index: below about 50,000 rows an exact scan of one version is faster and complete.

CREATE TABLE ml_model_performance (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    model_name VARCHAR(100) NOT NULL,
    model_version VARCHAR(50) NOT NULL,
    model_type VARCHAR(50) NOT NULL
        CHECK (model_type IN ('intent_classifier', 'complexity_model', 'technique_selector')),
    accuracy DECIMAL(4,3) CHECK (accuracy BETWEEN 0 AND 1),
    precision_scores JSONB,
    recall_scores JSONB,
    f1_scores JSONB,
    training_dataset_version VARCHAR(20),
    training_samples INTEGER CHECK (training_samples >= 0),
    parameters JSONB,
    is_active BOOLEAN NOT NULL DEFAULT false,
    deployed_at TIMESTAMPTZ,
    deprecated_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    mlflow_run_id VARCHAR(32) UNIQUE,
    metrics JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metrics) = 'object'),
    artifact_sha256 CHAR(64),
    CONSTRAINT uk_model_version UNIQUE (model_type, model_name, model_version)
);
COMMENT ON COLUMN ml_model_performance.mlflow_run_id IS 'Ours: the MLflow run that trained and judged the model.';
COMMENT ON COLUMN ml_model_performance.metrics IS
    'Ours: every metric of the run at full precision; accuracy holds three decimals of the same number.';
COMMENT ON COLUMN ml_model_performance.artifact_sha256 IS 'Ours: digest of the model file; only that file is loaded.';

CREATE INDEX idx_model_active ON ml_model_performance (model_type, is_active);
CREATE UNIQUE INDEX uk_model_one_active ON ml_model_performance (model_type) WHERE is_active;
