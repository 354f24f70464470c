-- Techniques and their patterns. Scores are shares of 1: a CHECK keeps them there and keeps NaN out.
CREATE TABLE techniques (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    code VARCHAR(50) UNIQUE NOT NULL,
    name VARCHAR(255) NOT NULL,
    category VARCHAR(100) NOT NULL,
    subcategory VARCHAR(100),
    description TEXT NOT NULL,
    detailed_explanation TEXT,
    -- NOT NULL: with NULL here the selection function would rank the technique first.
    complexity_level INTEGER NOT NULL CHECK (complexity_level BETWEEN 1 AND 5),
    base_effectiveness DECIMAL(3,2) NOT NULL DEFAULT 0.70 CHECK (base_effectiveness BETWEEN 0 AND 1),
    effectiveness_variance DECIMAL(3,2) NOT NULL DEFAULT 0.10 CHECK (effectiveness_variance BETWEEN 0 AND 1),
    when_to_use TEXT[],
    when_not_to_use TEXT[],
    prerequisites TEXT[],
    is_active BOOLEAN NOT NULL DEFAULT true,
    is_experimental BOOLEAN NOT NULL DEFAULT false,
    requires_examples BOOLEAN NOT NULL DEFAULT false,
    min_context_length INTEGER NOT NULL DEFAULT 0 CHECK (min_context_length >= 0),
    max_context_length INTEGER NOT NULL DEFAULT 10000,
    version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    created_by UUID REFERENCES users(id) ON DELETE SET NULL,
    sources JSONB NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(sources) = 'array'),
    search_vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', name), 'A') ||
        setweight(to_tsvector('english', description), 'B') ||
        setweight(to_tsvector('english', COALESCE(detailed_explanation, '')), 'C')
    ) STORED,
    CHECK (max_context_length >= min_context_length)
);
COMMENT ON COLUMN techniques.sources IS
    'Ours: [{claim, title, authors_short, year, id}], where each claim of the entry comes from.';

CREATE INDEX idx_techniques_search ON techniques USING GIN (search_vector);
CREATE INDEX idx_techniques_category ON techniques (category, subcategory);
CREATE INDEX idx_techniques_complexity ON techniques (complexity_level);
CREATE INDEX idx_techniques_effectiveness ON techniques (base_effectiveness DESC);
CREATE INDEX idx_techniques_created_by ON techniques (created_by);

CREATE TABLE technique_patterns (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    technique_id UUID NOT NULL REFERENCES techniques(id) ON DELETE CASCADE,
    pattern_name VARCHAR(255) NOT NULL,
    template TEXT NOT NULL,
    template_vars JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(template_vars) = 'object'),
    intent_types TEXT[],
    optimal_for JSONB,
    usage_count INTEGER NOT NULL DEFAULT 0 CHECK (usage_count >= 0),
    success_rate DECIMAL(3,2) CHECK (success_rate BETWEEN 0 AND 1),
    avg_user_rating DECIMAL(2,1) CHECK (avg_user_rating BETWEEN 1 AND 5),
    version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    CONSTRAINT uk_technique_pattern UNIQUE (technique_id, pattern_name, version)
);

-- The seed's idx_patterns_technique is the head of uk_technique_pattern already.
CREATE INDEX idx_patterns_intent ON technique_patterns USING GIN (intent_types);
CREATE INDEX idx_patterns_active ON technique_patterns (is_active) WHERE is_active;
