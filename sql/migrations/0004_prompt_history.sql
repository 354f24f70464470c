-- What users asked and what was made of it, by month. Months are made by create_monthly_partition().
-- The key holds created_at because PostgreSQL wants the partition column in every unique key.
CREATE TABLE prompt_history (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    session_id UUID NOT NULL,
    original_prompt TEXT NOT NULL,
    original_length INTEGER NOT NULL CHECK (original_length >= 0),
    detected_intent_path TEXT,
    detected_complexity INTEGER CHECK (detected_complexity BETWEEN 1 AND 5),
    enhanced_prompt TEXT NOT NULL,
    enhanced_length INTEGER NOT NULL CHECK (enhanced_length >= 0),
    techniques_applied UUID[] NOT NULL,
    enhancement_metadata JSONB,
    processing_time_ms INTEGER CHECK (processing_time_ms >= 0),
    model_confidence DECIMAL(3,2) CHECK (model_confidence BETWEEN 0 AND 1),
    user_rating INTEGER CHECK (user_rating BETWEEN 1 AND 5),
    feedback_text TEXT,
    was_helpful BOOLEAN,
    client_type VARCHAR(50) CHECK (client_type IN ('web', 'api', 'mobile', 'simulation')),
    api_version VARCHAR(20),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    is_synthetic BOOLEAN NOT NULL DEFAULT false,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
COMMENT ON COLUMN prompt_history.is_synthetic IS 'Ours: written by a simulation, never by a person.';

-- Catches what no month covers, so that no insert is lost; rows leave it when their month is made.
CREATE TABLE prompt_history_default PARTITION OF prompt_history DEFAULT;

-- No INCLUDE (enhanced_prompt): a long prompt would not fit into the index and the insert would fail.
CREATE INDEX idx_history_user_date ON prompt_history (user_id, created_at DESC);
CREATE INDEX idx_history_session ON prompt_history (session_id);
CREATE INDEX idx_history_techniques ON prompt_history USING GIN (techniques_applied);
CREATE INDEX idx_history_created_brin ON prompt_history USING BRIN (created_at);

CREATE TABLE enhancement_feedback (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    prompt_history_id UUID NOT NULL,
    prompt_history_created_at TIMESTAMPTZ NOT NULL,
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    overall_rating INTEGER NOT NULL CHECK (overall_rating BETWEEN 1 AND 5),
    technique_ratings JSONB CHECK (jsonb_typeof(technique_ratings) = 'object'),
    what_worked TEXT[],
    what_didnt_work TEXT[],
    suggestions TEXT,
    resulted_in_success BOOLEAN,
    time_saved_estimate INTEGER,
    would_recommend BOOLEAN,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    FOREIGN KEY (prompt_history_id, prompt_history_created_at)
        REFERENCES prompt_history (id, created_at) MATCH FULL ON DELETE CASCADE
);
COMMENT ON COLUMN enhancement_feedback.prompt_history_created_at IS
    'Ours: the other half of the history key; a trigger fills it from the id.';

CREATE INDEX idx_feedback_prompt ON enhancement_feedback (prompt_history_id, prompt_history_created_at);
CREATE INDEX idx_feedback_rating ON enhancement_feedback (overall_rating DESC);
CREATE INDEX idx_feedback_user ON enhancement_feedback (user_id);
