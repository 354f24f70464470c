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
    is_synthetic BOOLEAN NOT NULL DEFAULT false,
    PRIMARY KEY (technique_id, date_bucket)
);
COMMENT ON COLUMN technique_performance_analytics.complexity_distribution IS
    'Uses by complexity, such as {"1": 20, "2": 35, "3": 30, "4": 10, "5": 5}.';
COMMENT ON COLUMN technique_performance_analytics.intent_distribution IS
    'Uses by top-level intent, such as {"creative": 40, "analytical": 30}.';
COMMENT ON COLUMN technique_performance_analytics.is_synthetic IS 'Ours: simulated prompts are counted here too.';

CREATE INDEX idx_analytics_date ON technique_performance_analytics (date_bucket DESC);

-- Days before today whose history or ratings changed. No unique key on the day: two writers of one day would wait
-- for each other, and two that take their days in another order would deadlock. A day may stand here many times.
CREATE TABLE analytics_days_to_recompute (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    date_bucket DATE NOT NULL
);
COMMENT ON TABLE analytics_days_to_recompute IS
    'Ours: past days (UTC) with late prompts or ratings, until update_due_analytics() has computed them again.';

-- The last thirty days and today, in UTC.
CREATE MATERIALIZED VIEW mv_daily_active_techniques AS
SELECT
    (h.created_at AT TIME ZONE 'UTC')::date AS date,
    t.id AS technique_id,
    t.name AS technique_name,
    t.category,
    COUNT(DISTINCT h.user_id) AS unique_users,
    COUNT(*) AS total_uses,
    AVG(COALESCE(h.user_rating, f.overall_rating)::numeric) AS avg_rating,
    bool_or(h.is_synthetic) AS is_synthetic
FROM prompt_history h
CROSS JOIN LATERAL (SELECT DISTINCT unnest(h.techniques_applied)) AS applied (technique_id)
JOIN techniques t ON t.id = applied.technique_id
LEFT JOIN LATERAL (
    SELECT e.overall_rating
    FROM enhancement_feedback e
    WHERE h.user_rating IS NULL AND e.prompt_history_id = h.id AND e.prompt_history_created_at = h.created_at
    ORDER BY e.created_at DESC, e.id
    LIMIT 1
) f ON true
WHERE h.created_at >= (date_trunc('day', NOW() AT TIME ZONE 'UTC') - INTERVAL '30 days') AT TIME ZONE 'UTC'
GROUP BY 1, t.id, t.name, t.category;
COMMENT ON MATERIALIZED VIEW mv_daily_active_techniques IS
    'Techniques by day (UTC), today and the thirty before. An unrated prompt has the rating of its latest feedback.';
COMMENT ON COLUMN mv_daily_active_techniques.is_synthetic IS 'Ours: simulated prompts are counted here too.';

-- REFRESH ... CONCURRENTLY needs a unique index; so does the look-up of a day.
CREATE UNIQUE INDEX idx_mv_daily_techniques ON mv_daily_active_techniques (date, technique_id);

CREATE MATERIALIZED VIEW mv_user_technique_affinity AS
SELECT
    h.user_id,
    t.id AS technique_id,
    COUNT(*) AS usage_count,
    AVG(COALESCE(h.user_rating, f.overall_rating)::numeric) AS avg_rating,
    MAX(h.created_at) AS last_used
FROM prompt_history h
CROSS JOIN LATERAL (SELECT DISTINCT unnest(h.techniques_applied)) AS applied (technique_id)
JOIN techniques t ON t.id = applied.technique_id
LEFT JOIN LATERAL (
    SELECT e.overall_rating
    FROM enhancement_feedback e
    WHERE h.user_rating IS NULL AND e.prompt_history_id = h.id AND e.prompt_history_created_at = h.created_at
    ORDER BY e.created_at DESC, e.id
    LIMIT 1
) f ON true
-- Nobody has no affinity; and a NULL never equals itself in the comparison that a concurrent refresh makes.
WHERE h.user_id IS NOT NULL AND COALESCE(h.user_rating, f.overall_rating) IS NOT NULL
GROUP BY h.user_id, t.id
HAVING COUNT(*) >= 3;
COMMENT ON MATERIALIZED VIEW mv_user_technique_affinity IS
    'Techniques that a user rated at least three times, in the history that is not archived yet.';

CREATE UNIQUE INDEX idx_mv_user_affinity ON mv_user_technique_affinity (user_id, technique_id);
