-- The intent tree and what works for which intent.
CREATE TABLE intent_taxonomy (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    code VARCHAR(100) UNIQUE NOT NULL,
    name VARCHAR(255) NOT NULL,
    parent_id UUID REFERENCES intent_taxonomy(id),
    level INTEGER NOT NULL DEFAULT 1,
    -- UNIQUE: with two rows of one path, selection would use one of them and ignore the other without a word.
    path TEXT NOT NULL UNIQUE,
    typical_complexity INTEGER CHECK (typical_complexity BETWEEN 1 AND 5),
    requires_creativity BOOLEAN NOT NULL DEFAULT false,
    requires_analysis BOOLEAN NOT NULL DEFAULT false,
    requires_structure BOOLEAN NOT NULL DEFAULT false,
    keywords TEXT[],
    example_prompts TEXT[],
    description TEXT,
    is_active BOOLEAN NOT NULL DEFAULT true,
    usage_frequency INTEGER NOT NULL DEFAULT 0 CHECK (usage_frequency >= 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    tree_sortkey VARCHAR(255),
    CONSTRAINT ck_intent_not_own_parent CHECK (parent_id <> id),
    CONSTRAINT ck_intent_level_is_depth CHECK (level = cardinality(string_to_array(path, '.'))),
    CONSTRAINT ck_intent_root CHECK ((parent_id IS NULL) = (level = 1))
);

CREATE INDEX idx_intent_parent ON intent_taxonomy (parent_id);
-- text_pattern_ops: LIKE 'creative.%' cannot use an index in the database's collation.
CREATE INDEX idx_intent_path ON intent_taxonomy (path text_pattern_ops);
CREATE INDEX idx_intent_level ON intent_taxonomy (level);
CREATE INDEX idx_intent_keywords ON intent_taxonomy USING GIN (keywords);

CREATE TABLE intent_technique_effectiveness (
    intent_id UUID REFERENCES intent_taxonomy(id) ON DELETE CASCADE,
    technique_id UUID REFERENCES techniques(id) ON DELETE CASCADE,
    effectiveness_score DECIMAL(3,2) NOT NULL CHECK (effectiveness_score BETWEEN 0 AND 1),
    confidence_level DECIMAL(3,2) NOT NULL DEFAULT 0.80 CHECK (confidence_level BETWEEN 0 AND 1),
    sample_size INTEGER NOT NULL DEFAULT 0 CHECK (sample_size >= 0),
    complexity_adjustment JSONB CHECK (jsonb_typeof(complexity_adjustment) = 'object'),
    domain_adjustments JSONB CHECK (jsonb_typeof(domain_adjustments) = 'object'),
    real_world_performance DECIMAL(3,2) CHECK (real_world_performance BETWEEN 0 AND 1),
    last_calculated TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    estimated_by_run VARCHAR(32),
    is_synthetic BOOLEAN NOT NULL DEFAULT false,
    PRIMARY KEY (intent_id, technique_id),
    -- Selection adds these up: one value that is no number would fail every call.
    CONSTRAINT ck_effectiveness_adjustments CHECK (
        NOT jsonb_path_exists(complexity_adjustment, 'strict $.* ? (@.type() != "number")', '{}', true)
        AND NOT jsonb_path_exists(domain_adjustments, 'strict $.* ? (@.type() != "number")', '{}', true)
    )
);
COMMENT ON COLUMN intent_technique_effectiveness.complexity_adjustment IS
    'Added to the score at a complexity, such as {"1": -0.1, "2": 0, "3": 0.1, "4": 0.15, "5": 0.2}.';
COMMENT ON COLUMN intent_technique_effectiveness.domain_adjustments IS
    'Added to the score in a domain, such as {"technical": 0.1, "creative": -0.05}.';
COMMENT ON COLUMN intent_technique_effectiveness.estimated_by_run IS 'Ours: the MLflow run that computed the row.';
COMMENT ON COLUMN intent_technique_effectiveness.is_synthetic IS 'Ours: estimated from simulated history.';

CREATE INDEX idx_effectiveness_score ON intent_technique_effectiveness (effectiveness_score DESC);
CREATE INDEX idx_effectiveness_technique ON intent_technique_effectiveness (technique_id);
