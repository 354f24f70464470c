-- What each technique did on one day (UTC), live and archived: archiving must not empty an old day that is counted
-- again. The rating of a prompt is its own, else that of its latest feedback, as in the estimates of effectiveness.
-- Technique ids that do not exist (any more) are left out; a technique listed twice in a prompt counts once.
DROP FUNCTION IF EXISTS technique_use_of_day(DATE);
CREATE FUNCTION technique_use_of_day(p_date DATE)
RETURNS TABLE (
    technique_id UUID,
    total_uses BIGINT,
    unique_users BIGINT,
    avg_confidence NUMERIC,
    avg_rating NUMERIC,
    success_rate NUMERIC,
    complexity_distribution JSONB,
    intent_distribution JSONB,
    adoption_rate NUMERIC,
    is_synthetic BOOLEAN
)
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
-- The bounds are compared with the bare column, so that only the month of the day is read.
WITH prompts AS MATERIALIZED (
    SELECT h.id, h.created_at, h.user_id, h.techniques_applied, h.model_confidence, h.detected_complexity,
           h.is_synthetic, split_part(h.detected_intent_path, '.', 1) AS branch,
           COALESCE(h.user_rating, f.overall_rating) AS rating
    FROM prompt_history h
    LEFT JOIN LATERAL (
        SELECT e.overall_rating
        FROM enhancement_feedback e
        WHERE h.user_rating IS NULL AND e.prompt_history_id = h.id AND e.prompt_history_created_at = h.created_at
        ORDER BY e.created_at DESC, e.id
        LIMIT 1
    ) f ON true
    WHERE h.created_at >= p_date::timestamp AT TIME ZONE 'UTC'
      AND h.created_at < (p_date + 1)::timestamp AT TIME ZONE 'UTC'
    UNION ALL
    SELECT h.id, h.created_at, h.user_id, h.techniques_applied, h.model_confidence, h.detected_complexity,
           h.is_synthetic, split_part(h.detected_intent_path, '.', 1), COALESCE(h.user_rating, f.overall_rating)
    FROM prompt_history_archive h
    LEFT JOIN LATERAL (
        SELECT e.overall_rating
        FROM enhancement_feedback_archive e
        WHERE h.user_rating IS NULL AND e.prompt_history_id = h.id AND e.prompt_history_created_at = h.created_at
        ORDER BY e.created_at DESC, e.id
        LIMIT 1
    ) f ON true
    WHERE h.created_at >= p_date::timestamp AT TIME ZONE 'UTC'
      AND h.created_at < (p_date + 1)::timestamp AT TIME ZONE 'UTC'
      -- A row restored from a backup may stand in both until it is archived again.
      AND NOT EXISTS (
          SELECT FROM prompt_history live
          WHERE live.id = h.id AND live.created_at = h.created_at
            AND live.created_at >= p_date::timestamp AT TIME ZONE 'UTC'
            AND live.created_at < (p_date + 1)::timestamp AT TIME ZONE 'UTC')
),
uses AS MATERIALIZED (
    SELECT t.id AS technique_id, p.*
    FROM prompts p
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(p.techniques_applied)) AS applied (technique_id)
    JOIN techniques t ON t.id = applied.technique_id
),
complexities AS (
    SELECT c.technique_id, jsonb_object_agg(c.detected_complexity, c.uses) AS distribution
    FROM (
        SELECT u.technique_id, u.detected_complexity, COUNT(*) AS uses
        FROM uses u WHERE u.detected_complexity IS NOT NULL
        GROUP BY u.technique_id, u.detected_complexity
    ) c
    GROUP BY c.technique_id
),
branches AS (
    SELECT b.technique_id, jsonb_object_agg(b.branch, b.uses) AS distribution
    FROM (
        SELECT u.technique_id, u.branch, COUNT(*) AS uses
        FROM uses u WHERE u.branch IS NOT NULL
        GROUP BY u.technique_id, u.branch
    ) b
    GROUP BY b.technique_id
)
SELECT u.technique_id, COUNT(*), COUNT(DISTINCT u.user_id), AVG(u.model_confidence), AVG(u.rating),
       AVG((u.rating >= 4)::int), c.distribution, b.distribution,
       COUNT(DISTINCT u.user_id)::numeric / NULLIF((SELECT COUNT(DISTINCT p.user_id) FROM prompts p), 0),
       bool_or(u.is_synthetic)
FROM uses u
LEFT JOIN complexities c ON c.technique_id = u.technique_id
LEFT JOIN branches b ON b.technique_id = u.technique_id
GROUP BY u.technique_id, c.distribution, b.distribution
$$;

-- Count a day (default: yesterday, for today is not over) and write what changed: a row that says the same is left
-- alone. The trend is the success rate less that of the latest earlier day that has one, 0 on the first such day;
-- a day without ratings has neither. So the next rated day of each technique depends on this one and follows it.
CREATE OR REPLACE PROCEDURE update_technique_analytics(p_date DATE DEFAULT (NOW() AT TIME ZONE 'UTC')::date - 1)
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF p_date IS NULL OR NOT isfinite(p_date) THEN
        RAISE EXCEPTION 'there are no analytics for the day %', COALESCE(p_date::text, 'NULL')
            USING ERRCODE = '22023', HINT = 'Pass a date.';
    END IF;
    -- One at a time, whatever the day: the trend of one day is made from another.
    PERFORM pg_advisory_xact_lock(hashtextextended('update_technique_analytics', 0));

    WITH today AS MATERIALIZED (
        SELECT * FROM technique_use_of_day(p_date)
    ),
    gone AS (
        DELETE FROM technique_performance_analytics a
        WHERE a.date_bucket = p_date AND NOT EXISTS (SELECT FROM today WHERE today.technique_id = a.technique_id)
    )
    INSERT INTO technique_performance_analytics AS old (
        technique_id, date_bucket, total_uses, unique_users, avg_confidence, avg_rating, success_rate,
        complexity_distribution, intent_distribution, adoption_rate, is_synthetic
    )
    SELECT d.technique_id, p_date, d.total_uses, d.unique_users, round(d.avg_confidence, 2), round(d.avg_rating, 1),
           round(d.success_rate, 2), d.complexity_distribution, d.intent_distribution, round(d.adoption_rate, 4),
           d.is_synthetic
    FROM today d
    ORDER BY d.technique_id
    ON CONFLICT (technique_id, date_bucket) DO UPDATE
    SET total_uses = EXCLUDED.total_uses,
        unique_users = EXCLUDED.unique_users,
        avg_confidence = EXCLUDED.avg_confidence,
        avg_rating = EXCLUDED.avg_rating,
        success_rate = EXCLUDED.success_rate,
        complexity_distribution = EXCLUDED.complexity_distribution,
        intent_distribution = EXCLUDED.intent_distribution,
        adoption_rate = EXCLUDED.adoption_rate,
        is_synthetic = EXCLUDED.is_synthetic
    WHERE (old.total_uses, old.unique_users, old.avg_confidence, old.avg_rating, old.success_rate,
           old.complexity_distribution, old.intent_distribution, old.adoption_rate, old.is_synthetic)
          IS DISTINCT FROM
          (EXCLUDED.total_uses, EXCLUDED.unique_users, EXCLUDED.avg_confidence, EXCLUDED.avg_rating,
           EXCLUDED.success_rate, EXCLUDED.complexity_distribution, EXCLUDED.intent_distribution,
           EXCLUDED.adoption_rate, EXCLUDED.is_synthetic);

    UPDATE technique_performance_analytics a
    SET effectiveness_trend = fresh.trend
    FROM (
        SELECT b.technique_id, b.date_bucket, b.success_rate - COALESCE(earlier.success_rate, b.success_rate) AS trend
        FROM techniques t
        CROSS JOIN LATERAL (
            SELECT p_date AS date_bucket
            UNION ALL
            (SELECT n.date_bucket FROM technique_performance_analytics n
             WHERE n.technique_id = t.id AND n.date_bucket > p_date AND n.success_rate IS NOT NULL
             ORDER BY n.date_bucket LIMIT 1)
        ) due
        JOIN technique_performance_analytics b ON b.technique_id = t.id AND b.date_bucket = due.date_bucket
        LEFT JOIN LATERAL (
            SELECT e.success_rate FROM technique_performance_analytics e
            WHERE e.technique_id = t.id AND e.date_bucket < b.date_bucket AND e.success_rate IS NOT NULL
            ORDER BY e.date_bucket DESC LIMIT 1
        ) earlier ON true
    ) fresh
    WHERE a.technique_id = fresh.technique_id AND a.date_bucket = fresh.date_bucket
      AND a.effectiveness_trend IS DISTINCT FROM fresh.trend;
END;
$$;

REVOKE EXECUTE ON FUNCTION technique_use_of_day(DATE) FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE update_technique_analytics(DATE) FROM PUBLIC;
