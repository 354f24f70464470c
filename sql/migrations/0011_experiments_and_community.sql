-- A/B experiments, and prompts that users share.
CREATE TABLE ab_experiments (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name VARCHAR(255) NOT NULL,
    description TEXT,
    variant_a JSONB NOT NULL CHECK (jsonb_typeof(variant_a) = 'object'),
    variant_b JSONB NOT NULL CHECK (jsonb_typeof(variant_b) = 'object'),
    user_percentage DECIMAL(3,2) NOT NULL DEFAULT 0.50 CHECK (user_percentage BETWEEN 0 AND 1),
    user_segments JSONB,
    primary_metric VARCHAR(100) NOT NULL,
    secondary_metrics TEXT[],
    variant_a_results JSONB CHECK (jsonb_typeof(variant_a_results) = 'object'),
    variant_b_results JSONB CHECK (jsonb_typeof(variant_b_results) = 'object'),
    statistical_significance DECIMAL(4,3) CHECK (statistical_significance BETWEEN 0 AND 1),
    winner VARCHAR(1) CHECK (winner IN ('A', 'B')),
    status VARCHAR(50) NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'running', 'paused', 'completed', 'cancelled')),
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    CONSTRAINT ck_experiment_ends_after_start CHECK (ended_at >= started_at)
);

CREATE TABLE community_prompts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    author_id UUID REFERENCES users(id) ON DELETE SET NULL,
    title VARCHAR(255) NOT NULL,
    description TEXT,
    original_prompt TEXT NOT NULL,
    enhanced_prompt TEXT NOT NULL,
    techniques_used UUID[] NOT NULL,
    category VARCHAR(100) NOT NULL,
    tags TEXT[],
    language VARCHAR(10) NOT NULL DEFAULT 'en',
    views INTEGER NOT NULL DEFAULT 0 CHECK (views >= 0),
    likes INTEGER NOT NULL DEFAULT 0 CHECK (likes >= 0),
    saves INTEGER NOT NULL DEFAULT 0 CHECK (saves >= 0),
    remix_count INTEGER NOT NULL DEFAULT 0 CHECK (remix_count >= 0),
    is_featured BOOLEAN NOT NULL DEFAULT false,
    is_verified BOOLEAN NOT NULL DEFAULT false,
    moderation_status VARCHAR(50) NOT NULL DEFAULT 'pending'
        CHECK (moderation_status IN ('pending', 'approved', 'rejected', 'flagged')),
    is_public BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_community_featured ON community_prompts (is_featured, likes DESC);
CREATE INDEX idx_community_tags ON community_prompts USING GIN (tags);
CREATE INDEX idx_community_author ON community_prompts (author_id);

CREATE TABLE community_interactions (
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    prompt_id UUID REFERENCES community_prompts(id) ON DELETE CASCADE,
    has_liked BOOLEAN NOT NULL DEFAULT false,
    has_saved BOOLEAN NOT NULL DEFAULT false,
    has_reported BOOLEAN NOT NULL DEFAULT false,
    times_used INTEGER NOT NULL DEFAULT 0 CHECK (times_used >= 0),
    last_used_at TIMESTAMPTZ,
    private_notes TEXT,
    PRIMARY KEY (user_id, prompt_id)
);

CREATE INDEX idx_interactions_prompt ON community_interactions (prompt_id);
