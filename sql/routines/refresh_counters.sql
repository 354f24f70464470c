-- Bring the counters that nobody writes in line with what they count. Rows whose numbers are right are left alone.
-- History is the live one and the archive. Simulated prompts are nobody's use and count for nothing. A prompt's rating
-- is its own, else that of its latest feedback; 4 and 5 are success.
CREATE OR REPLACE PROCEDURE refresh_counters()
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('refresh_counters', 0));

    CREATE TEMP TABLE counted_uses ON COMMIT DROP AS
    SELECT h.user_id, h.detected_intent_path, h.detected_complexity, h.techniques_applied,
           lower(h.enhancement_metadata ->> 'pattern_id') AS pattern_id,
           lower(h.enhancement_metadata ->> 'template_id') AS template_id,
           COALESCE(h.user_rating, f.overall_rating) AS rating
    FROM (
        SELECT id, created_at, user_id, detected_intent_path, detected_complexity, techniques_applied,
               enhancement_metadata, user_rating
        FROM prompt_history WHERE NOT is_synthetic
        UNION ALL
        SELECT id, created_at, user_id, detected_intent_path, detected_complexity, techniques_applied,
               enhancement_metadata, user_rating
        FROM prompt_history_archive WHERE NOT is_synthetic
    ) AS h
    LEFT JOIN (
        SELECT DISTINCT ON (prompt_history_id, prompt_history_created_at)
               prompt_history_id, prompt_history_created_at, overall_rating
        FROM (
            SELECT id, prompt_history_id, prompt_history_created_at, overall_rating, created_at
            FROM enhancement_feedback
            UNION ALL
            SELECT id, prompt_history_id, prompt_history_created_at, overall_rating, created_at
            FROM enhancement_feedback_archive
        ) AS given
        ORDER BY prompt_history_id, prompt_history_created_at, created_at DESC, id
    ) AS f ON (f.prompt_history_id, f.prompt_history_created_at) = (h.id, h.created_at);
    ANALYZE counted_uses;

    -- Ids are compared as text: what stands in the metadata may be no UUID at all.
    UPDATE technique_patterns AS p
    SET usage_count = n.uses, success_rate = n.success, avg_user_rating = n.rating
    FROM (
        SELECT p.id, count(u.pattern_id) AS uses, round(avg((u.rating >= 4)::int), 2) AS success,
               round(avg(u.rating), 1) AS rating
        FROM technique_patterns AS p
        LEFT JOIN counted_uses AS u ON u.pattern_id = p.id::text
        GROUP BY p.id
    ) AS n
    WHERE p.id = n.id
        AND (p.usage_count, p.success_rate, p.avg_user_rating) IS DISTINCT FROM (n.uses, n.success, n.rating);

    UPDATE prompt_templates AS t
    SET usage_count = n.uses, success_rate = n.success, community_rating = n.rating
    FROM (
        SELECT t.id, count(u.template_id) AS uses, round(avg((u.rating >= 4)::int), 2) AS success,
               round(avg(u.rating), 1) AS rating
        FROM prompt_templates AS t
        LEFT JOIN counted_uses AS u ON u.template_id = t.id::text
        GROUP BY t.id
    ) AS n
    WHERE t.id = n.id
        AND (t.usage_count, t.success_rate, t.community_rating) IS DISTINCT FROM (n.uses, n.success, n.rating);

    UPDATE intent_taxonomy AS i
    SET usage_frequency = n.uses
    FROM (
        SELECT i.id, count(u.detected_intent_path) AS uses
        FROM intent_taxonomy AS i
        LEFT JOIN counted_uses AS u ON u.detected_intent_path = i.path
        GROUP BY i.id
    ) AS n
    WHERE i.id = n.id AND i.usage_frequency <> n.uses;

    UPDATE user_learning_profiles AS p
    SET total_prompts_created = n.prompts, successful_prompts = n.successes, techniques_tried = n.techniques,
        average_prompt_complexity = n.complexity
    FROM (
        SELECT p.user_id, COALESCE(u.prompts, 0) AS prompts, COALESCE(u.successes, 0) AS successes, u.complexity,
               COALESCE(tried.techniques, 0) AS techniques
        FROM user_learning_profiles AS p
        LEFT JOIN (
            SELECT user_id, count(*) AS prompts, count(*) FILTER (WHERE rating >= 4) AS successes,
                   round(avg(detected_complexity), 1) AS complexity
            FROM counted_uses
            GROUP BY user_id
        ) AS u ON u.user_id = p.user_id
        LEFT JOIN (
            SELECT own.user_id, count(DISTINCT t.id) AS techniques
            FROM counted_uses AS own
            CROSS JOIN LATERAL unnest(own.techniques_applied) AS applied (id)
            JOIN techniques AS t ON t.id = applied.id
            GROUP BY own.user_id
        ) AS tried ON tried.user_id = p.user_id
    ) AS n
    WHERE p.user_id = n.user_id
        AND (p.total_prompts_created, p.successful_prompts, p.techniques_tried, p.average_prompt_complexity)
            IS DISTINCT FROM (n.prompts, n.successes, n.techniques, n.complexity);

    UPDATE community_prompts AS c
    SET likes = n.likes, saves = n.saves
    FROM (
        SELECT c.id, count(*) FILTER (WHERE i.has_liked) AS likes, count(*) FILTER (WHERE i.has_saved) AS saves
        FROM community_prompts AS c
        LEFT JOIN community_interactions AS i ON i.prompt_id = c.id
        GROUP BY c.id
    ) AS n
    WHERE c.id = n.id AND (c.likes, c.saves) IS DISTINCT FROM (n.likes, n.saves);

    DROP TABLE counted_uses;
END;
$$;

REVOKE EXECUTE ON PROCEDURE refresh_counters() FROM PUBLIC;
