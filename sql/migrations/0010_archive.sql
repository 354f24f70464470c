-- Where prompts older than six months go, with their feedback. A user who is deleted takes the
-- archived prompts along, as with the live ones.
CREATE TABLE prompt_history_archive (
    id UUID NOT NULL,
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    session_id UUID NOT NULL,
    original_prompt TEXT NOT NULL,
    original_length INTEGER NOT NULL,
    detected_intent_path TEXT,
    detected_complexity INTEGER,
    enhanced_prompt TEXT NOT NULL,
    enhanced_length INTEGER NOT NULL,
    techniques_applied UUID[] NOT NULL,
    enhancement_metadata JSONB,
    processing_time_ms INTEGER,
    model_confidence DECIMAL(3,2),
    user_rating INTEGER,
    feedback_text TEXT,
    was_helpful BOOLEAN,
    client_type VARCHAR(50),
    api_version VARCHAR(20),
    created_at TIMESTAMPTZ NOT NULL,
    is_synthetic BOOLEAN NOT NULL,
    archived_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    PRIMARY KEY (id, created_at)
);
COMMENT ON COLUMN prompt_history_archive.archived_at IS 'Ours: when the row left prompt_history.';

CREATE TABLE enhancement_feedback_archive (
    id UUID PRIMARY KEY,
    prompt_history_id UUID NOT NULL,
    prompt_history_created_at TIMESTAMPTZ NOT NULL,
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    overall_rating INTEGER NOT NULL,
    technique_ratings JSONB,
    what_worked TEXT[],
    what_didnt_work TEXT[],
    suggestions TEXT,
    resulted_in_success BOOLEAN,
    time_saved_estimate INTEGER,
    would_recommend BOOLEAN,
    created_at TIMESTAMPTZ NOT NULL,
    archived_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    FOREIGN KEY (prompt_history_id, prompt_history_created_at)
        REFERENCES prompt_history_archive (id, created_at) ON DELETE CASCADE
);
COMMENT ON COLUMN enhancement_feedback_archive.archived_at IS 'Ours: when the row left enhancement_feedback.';

CREATE INDEX idx_archive_user_date ON prompt_history_archive (user_id, created_at DESC);
CREATE INDEX idx_archive_feedback_prompt
    ON enhancement_feedback_archive (prompt_history_id, prompt_history_created_at);
CREATE INDEX idx_archive_feedback_user ON enhancement_feedback_archive (user_id);
-- Rows come in the order of their time; autosummarize, because nothing else may vacuum an archive for months.
CREATE INDEX idx_archive_created_brin ON prompt_history_archive USING BRIN (created_at) WITH (autosummarize = on);
