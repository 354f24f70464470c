-- What is known of how a user learns.
CREATE TABLE user_learning_profiles (
    user_id UUID PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
    skill_level VARCHAR(50) NOT NULL DEFAULT 'beginner'
        CHECK (skill_level IN ('beginner', 'intermediate', 'advanced', 'expert')),
    techniques_mastered UUID[] NOT NULL DEFAULT '{}',
    techniques_learning UUID[] NOT NULL DEFAULT '{}',
    primary_use_cases TEXT[],
    average_prompt_complexity DECIMAL(2,1) CHECK (average_prompt_complexity BETWEEN 1 AND 5),
    preferred_explanation_style VARCHAR(50),
    total_prompts_created INTEGER NOT NULL DEFAULT 0 CHECK (total_prompts_created >= 0),
    successful_prompts INTEGER NOT NULL DEFAULT 0 CHECK (successful_prompts >= 0),
    techniques_tried INTEGER NOT NULL DEFAULT 0 CHECK (techniques_tried >= 0),
    learning_velocity DECIMAL(3,2) CHECK (learning_velocity <> 'NaN'),
    interest_vector vector(384),
    style_vector vector(384),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    CONSTRAINT ck_profile_successes CHECK (successful_prompts <= total_prompts_created)
);

-- No vector index here: one built on an empty table finds almost nothing later. `workbench db index` builds it.
