-- Curated templates and examples of prompts that worked.
CREATE TABLE prompt_templates (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name VARCHAR(255) NOT NULL,
    category VARCHAR(100) NOT NULL,
    template_text TEXT NOT NULL,
    variables JSONB NOT NULL,
    technique_ids UUID[] NOT NULL,
    intent_ids UUID[],
    quality_score DECIMAL(3,2) NOT NULL DEFAULT 0.80 CHECK (quality_score BETWEEN 0 AND 1),
    community_rating DECIMAL(2,1) CHECK (community_rating BETWEEN 1 AND 5),
    usage_count INTEGER NOT NULL DEFAULT 0 CHECK (usage_count >= 0),
    success_rate DECIMAL(3,2) CHECK (success_rate BETWEEN 0 AND 1),
    tags TEXT[],
    difficulty_level INTEGER CHECK (difficulty_level BETWEEN 1 AND 5),
    estimated_tokens INTEGER CHECK (estimated_tokens >= 0),
    language VARCHAR(10) NOT NULL DEFAULT 'en',
    created_by UUID REFERENCES users(id) ON DELETE SET NULL,
    is_official BOOLEAN NOT NULL DEFAULT false,
    is_public BOOLEAN NOT NULL DEFAULT true,
    version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    -- A placeholder without a name cannot be filled.
    CONSTRAINT ck_template_variables CHECK (
        jsonb_typeof(variables) = 'array' AND NOT jsonb_path_exists(variables, '$[*] ? (!(@.name.type() == "string"))')
    )
);
COMMENT ON COLUMN prompt_templates.variables IS
    'The placeholders, such as [{"name": "topic", "type": "text", "description": "...", "required": true}].';

CREATE INDEX idx_templates_created_by ON prompt_templates (created_by);

CREATE TABLE prompt_examples (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    -- An example outlives the template that it came from.
    template_id UUID REFERENCES prompt_templates(id) ON DELETE SET NULL,
    original_prompt TEXT NOT NULL,
    enhanced_prompt TEXT NOT NULL,
    techniques_applied UUID[] NOT NULL,
    intent_classification JSONB NOT NULL CHECK (jsonb_typeof(intent_classification) = 'object'),
    complexity_level INTEGER CHECK (complexity_level BETWEEN 1 AND 5),
    domain VARCHAR(100),
    model_used VARCHAR(50),
    response_quality_score DECIMAL(3,2) CHECK (response_quality_score BETWEEN 0 AND 1),
    user_satisfaction_score INTEGER CHECK (user_satisfaction_score BETWEEN 1 AND 5),
    explanation TEXT,
    key_improvements TEXT[],
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    source VARCHAR(50) CHECK (source IN ('user_generated', 'curated', 'synthetic'))
);

CREATE INDEX idx_examples_template ON prompt_examples (template_id);
