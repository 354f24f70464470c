-- Ours: what was decided for a prompt, among what, with what probability, and how it turned out. No person, no text of
-- the assistant's users: their prompts stand in prompt_history, which refers to its decision.
CREATE TABLE outcome_imports (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    file_name TEXT NOT NULL,
    file_sha256 CHAR(64) NOT NULL,
    options JSONB NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_written INTEGER NOT NULL,
    rows_quarantined INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    CONSTRAINT uk_outcome_import UNIQUE (file_sha256, options)
);
COMMENT ON TABLE outcome_imports IS 'Ours: outcome logs that were imported, and how.';

CREATE TABLE outcome_quarantine (
    import_id UUID NOT NULL REFERENCES outcome_imports(id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    reason VARCHAR(100) NOT NULL,
    content TEXT,
    PRIMARY KEY (import_id, line)
);
COMMENT ON TABLE outcome_quarantine IS 'Ours: rows of outcome logs that could not be taken, with line and reason.';
COMMENT ON COLUMN outcome_quarantine.line IS 'Line of the file on which the row starts; in Parquet the row number.';

CREATE TABLE decision_log (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    decided_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    prompt_key TEXT NOT NULL CHECK (prompt_key <> ''),
    prompt_text TEXT,
    prompt_embedding vector(384),
    embedding_space VARCHAR(100),
    intent_path TEXT,
    intent_probabilities JSONB CHECK (jsonb_typeof(intent_probabilities) = 'object'),
    complexity INTEGER CHECK (complexity BETWEEN 1 AND 5),
    domain TEXT,
    user_pseudonym UUID,
    language_model TEXT,
    candidates UUID[] NOT NULL DEFAULT '{}',
    propensities FLOAT8[] NOT NULL DEFAULT '{}',
    chosen UUID[] NOT NULL,
    propensity FLOAT8 CHECK (propensity > 0 AND propensity <= 1),
    policy TEXT NOT NULL DEFAULT 'unknown' CHECK (policy <> ''),
    policy_version TEXT,
    is_exploration BOOLEAN,
    cost_tokens INTEGER CHECK (cost_tokens >= 0),
    latency_ms INTEGER CHECK (latency_ms >= 0),
    import_id UUID REFERENCES outcome_imports(id) ON DELETE CASCADE,
    is_synthetic BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT ck_decision_embedding_space CHECK ((prompt_embedding IS NULL) = (embedding_space IS NULL)),
    CONSTRAINT ck_decision_propensities CHECK (
        cardinality(propensities) = cardinality(candidates)
        AND array_position(propensities, NULL) IS NULL
        AND 0 <= ALL (propensities) AND 1 >= ALL (propensities)
    )
);
COMMENT ON TABLE decision_log IS 'Ours: which techniques were chosen for a prompt, among which, with what probability.';
COMMENT ON COLUMN decision_log.prompt_key IS
    'Equal for equal prompts: md5 of the normalised text, or id: and the identifier that an imported log gives.';
COMMENT ON COLUMN decision_log.prompt_text IS
    'Of imported logs only. The prompts of the assistant''s users stand in prompt_history and nowhere else.';
COMMENT ON COLUMN decision_log.candidates IS 'The techniques that could have been chosen.';
COMMENT ON COLUMN decision_log.propensities IS
    'For each candidate the probability with which it was to be among the chosen; empty where nobody recorded it.';
COMMENT ON COLUMN decision_log.propensity IS 'The probability of the chosen set as a whole; NULL where not recorded.';
COMMENT ON COLUMN decision_log.user_pseudonym IS 'Stands for a user without saying who; as in prompt_history.';

CREATE INDEX idx_decision_time ON decision_log (decided_at DESC);
CREATE INDEX idx_decision_import ON decision_log (import_id);

-- One outcome a decision where it is known apart from the history: imported logs, measured answers.
CREATE TABLE decision_outcomes (
    decision_id UUID PRIMARY KEY REFERENCES decision_log(id) ON DELETE CASCADE,
    reward FLOAT8 NOT NULL CHECK (reward BETWEEN 0 AND 1),
    recorded_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
COMMENT ON TABLE decision_outcomes IS 'Ours: how a decision turned out, where no rating in the history says it.';
COMMENT ON COLUMN decision_outcomes.reward IS '0 to 1; a rating of 1 to 5 is (rating - 1) / 4.';

ALTER TABLE prompt_history ADD COLUMN decision_id UUID REFERENCES decision_log(id) ON DELETE SET NULL;
ALTER TABLE prompt_history_archive ADD COLUMN decision_id UUID REFERENCES decision_log(id) ON DELETE SET NULL;
ALTER TABLE enhancement_feedback ADD COLUMN decision_id UUID REFERENCES decision_log(id) ON DELETE SET NULL;
ALTER TABLE enhancement_feedback_archive ADD COLUMN decision_id UUID REFERENCES decision_log(id) ON DELETE SET NULL;
COMMENT ON COLUMN prompt_history.decision_id IS 'Ours: the decision that chose the techniques applied.';
COMMENT ON COLUMN prompt_history_archive.decision_id IS 'Ours: as in prompt_history.';
COMMENT ON COLUMN enhancement_feedback_archive.decision_id IS 'Ours: as in enhancement_feedback.';
COMMENT ON COLUMN enhancement_feedback.decision_id IS 'Ours: the decision that the feedback is about.';

CREATE INDEX idx_history_decision ON prompt_history (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX idx_archive_decision ON prompt_history_archive (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX idx_feedback_decision ON enhancement_feedback (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX idx_archive_feedback_decision ON enhancement_feedback_archive (decision_id) WHERE decision_id IS NOT NULL;
