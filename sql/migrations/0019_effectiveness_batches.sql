-- Ours: estimates of effectiveness are staged, looked at and then applied or not, and what was applied can be undone.
CREATE TABLE effectiveness_batches (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    created_by TEXT NOT NULL DEFAULT session_user,
    run_id VARCHAR(32),
    outcomes INTEGER NOT NULL CHECK (outcomes >= 0),
    synthetic_outcomes INTEGER NOT NULL CHECK (synthetic_outcomes BETWEEN 0 AND outcomes),
    propensity_source VARCHAR(20) NOT NULL,
    r_hat FLOAT8 NOT NULL,
    prompt_correlation FLOAT8 NOT NULL,
    settings JSONB NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
    log_sha256 CHAR(64) NOT NULL,
    state TEXT NOT NULL DEFAULT 'staged' CHECK (state IN ('staged', 'applied', 'undone')),
    applied_at TIMESTAMPTZ,
    applied_by TEXT,
    undone_at TIMESTAMPTZ,
    undone_by TEXT,
    CONSTRAINT ck_batch_applied CHECK ((applied_at IS NULL) = (state = 'staged') AND (applied_by IS NULL) = (state = 'staged')),
    CONSTRAINT ck_batch_undone CHECK ((undone_at IS NULL) = (state <> 'undone') AND (undone_by IS NULL) = (state <> 'undone'))
);
COMMENT ON TABLE effectiveness_batches IS 'Ours: each estimation of effectiveness, what it rests on and what became of it.';
COMMENT ON COLUMN effectiveness_batches.created_by IS 'The role that logged in; as in applied_by and undone_by.';
COMMENT ON COLUMN effectiveness_batches.run_id IS 'The MLflow run that made it; NULL where it was made by hand.';
COMMENT ON COLUMN effectiveness_batches.outcomes IS 'Decisions with an outcome that the estimates rest on.';
COMMENT ON COLUMN effectiveness_batches.propensity_source IS 'recorded, estimated or partly estimated.';
COMMENT ON COLUMN effectiveness_batches.r_hat IS 'How far the chains of draws disagree; 1 if not at all.';
COMMENT ON COLUMN effectiveness_batches.prompt_correlation IS 'How alike two outcomes of one prompt are, 0 to 1.';
COMMENT ON COLUMN effectiveness_batches.settings IS 'Thresholds, draws and which outcomes were taken.';
COMMENT ON COLUMN effectiveness_batches.log_sha256 IS 'Digest of the decisions and outcomes that were read.';

CREATE TABLE effectiveness_estimates (
    batch_id UUID NOT NULL REFERENCES effectiveness_batches(id) ON DELETE CASCADE,
    intent_path TEXT NOT NULL,
    technique_code TEXT NOT NULL,
    language_model TEXT NOT NULL DEFAULT '',
    intent_id UUID REFERENCES intent_taxonomy(id) ON DELETE SET NULL,
    technique_id UUID REFERENCES techniques(id) ON DELETE SET NULL,
    score FLOAT8 NOT NULL CHECK (score BETWEEN 0 AND 1),
    standard_error FLOAT8 NOT NULL CHECK (standard_error >= 0),
    low FLOAT8 NOT NULL CHECK (low BETWEEN 0 AND score),
    high FLOAT8 NOT NULL CHECK (high BETWEEN score AND 1),
    confidence FLOAT8 NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    sample_size INTEGER NOT NULL CHECK (sample_size >= 0),
    effective_n FLOAT8 NOT NULL CHECK (effective_n >= 0),
    overlap FLOAT8 NOT NULL CHECK (overlap BETWEEN 0 AND 1),
    real_world_performance FLOAT8 CHECK (real_world_performance BETWEEN 0 AND 1),
    complexity_adjustment JSONB CHECK (jsonb_typeof(complexity_adjustment) = 'object'),
    domain_adjustments JSONB CHECK (jsonb_typeof(domain_adjustments) = 'object'),
    refused TEXT CHECK (refused <> ''),
    previous JSONB,
    written JSONB,
    PRIMARY KEY (batch_id, intent_path, technique_code, language_model)
);
COMMENT ON TABLE effectiveness_estimates IS
    'Ours: the estimates of a batch at full precision, with their intervals, and what they replaced.';
COMMENT ON COLUMN effectiveness_estimates.intent_path IS
    'Empty for all intents together; such a row is never applied.';
COMMENT ON COLUMN effectiveness_estimates.language_model IS
    'Empty for all models together; rows of one model are never applied.';
COMMENT ON COLUMN effectiveness_estimates.low IS 'Lower end of the 95 % interval.';
COMMENT ON COLUMN effectiveness_estimates.high IS 'Upper end of the 95 % interval.';
COMMENT ON COLUMN effectiveness_estimates.effective_n IS
    'Independent outcomes of equal weight that would tell as much as those of the technique.';
COMMENT ON COLUMN effectiveness_estimates.overlap IS
    'Share of the decisions for which the technique could have been chosen and could have been left out.';
COMMENT ON COLUMN effectiveness_estimates.refused IS 'Why the estimate may not be applied; NULL where it may.';
COMMENT ON COLUMN effectiveness_estimates.previous IS
    'The row of intent_technique_effectiveness before the batch was applied; NULL where there was none.';
COMMENT ON COLUMN effectiveness_estimates.written IS
    'That row as the batch wrote it; NULL where it wrote nothing.';

CREATE INDEX idx_estimate_intent ON effectiveness_estimates (intent_id) WHERE intent_id IS NOT NULL;
CREATE INDEX idx_estimate_technique ON effectiveness_estimates (technique_id) WHERE technique_id IS NOT NULL;

ALTER TABLE intent_technique_effectiveness ADD COLUMN batch_id UUID REFERENCES effectiveness_batches(id);
COMMENT ON COLUMN intent_technique_effectiveness.batch_id IS 'Ours: the batch of estimates that wrote the row.';
CREATE INDEX idx_effectiveness_batch ON intent_technique_effectiveness (batch_id) WHERE batch_id IS NOT NULL;
