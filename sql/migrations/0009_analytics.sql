-- What each technique did on each day (UTC).
CREATE TABLE technique_performance_analytics (
    technique_id UUID REFERENCES techniques(id) ON DELETE CASCADE,
    date_bucket DATE NOT NULL,
    total_uses INTEGER NOT NULL DEFAULT 0 CHECK (total_uses >= 0),
    unique_users INTEGER NOT NULL DEFAULT 0 CHECK (unique_users >= 0),
    avg_confidence DECIMAL(3,2) CHECK (avg_confidence BETWEEN 0 AND 1),
    avg_rating DECIMAL(2,1) CHECK (avg_rating BETWEEN 1 AND 5),
    success_rate DECIMAL(3,2) CHECK (success_rate BETWEEN 0 AND 1),
    complexity_distribution JSONB CHECK (jsonb_typeof(complexity_distribution) = 'object'),
    intent_distribution JSONB CHECK (jsonb_typeof(intent_distribution) = 'object'),
    effectiveness_trend DECIMAL(4,3) CHECK (effectiveness_trend BETWEEN -1 AND 1),
    -- A share of 1 with four decimals: two would round everything below half a per cent to nothing.
    adoption_rate DECIMAL(5,4) CHECK (adoption_rate BETWEEN 0 AND 1),
    PRIMARY KEY (technique_id, date_bucket)
);
COMMENT ON COLUMN technique_performance_analytics.complexity_distribution IS
    'Uses by complexity, such as {"1": 20, "2": 35, "3": 30, "4": 10, "5": 5}.';
COMMENT ON COLUMN technique_performance_analytics.intent_distribution IS
    'Uses by top-level intent, such as {"creative": 40, "analytical": 30}.';

CREATE INDEX idx_analytics_date ON technique_performance_analytics (date_bucket DESC);
