-- The seed's rule-based choice of techniques, repaired: no NULL wins, scores stay in 0..0.99, the mapping's own
-- adjustments count, a favourite may be an id or a code, ties have an order, the same in every collation. An unknown or
-- inactive intent falls back to base_effectiveness; is_fallback says so. models/rules.py computes the same.
DROP FUNCTION IF EXISTS get_optimal_techniques(TEXT, INTEGER, UUID, INTEGER, TEXT);
CREATE FUNCTION get_optimal_techniques(
    p_intent_path TEXT,
    p_complexity INTEGER,
    p_user_id UUID DEFAULT NULL,
    p_limit INTEGER DEFAULT 5,
    p_domain TEXT DEFAULT NULL
)
RETURNS TABLE (
    technique_id UUID,
    technique_name VARCHAR(255),
    effectiveness_score DECIMAL(3,2),
    personalization_score DECIMAL(3,2),
    final_score DECIMAL(3,2),
    is_fallback BOOLEAN
)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_intent_id UUID;
    v_favourites JSONB := '[]';
BEGIN
    IF p_complexity IS NULL OR p_complexity NOT BETWEEN 1 AND 5 THEN
        RAISE EXCEPTION 'complexity % is outside 1 to 5', COALESCE(p_complexity::text, 'NULL')
            USING ERRCODE = '22023', HINT = 'Pass a whole number from 1 to 5.';
    END IF;

    SELECT it.id INTO v_intent_id FROM intent_taxonomy it WHERE it.path = p_intent_path AND it.is_active;

    IF p_user_id IS NOT NULL THEN
        SELECT CASE WHEN jsonb_typeof(u.preferences -> 'favorite_techniques') = 'array'
                    THEN u.preferences -> 'favorite_techniques' ELSE '[]'::jsonb END
        INTO v_favourites FROM users u WHERE u.id = p_user_id;
    END IF;

    RETURN QUERY
    WITH scored AS (
        SELECT
            t.id, t.name, t.code,
            COALESCE(ite.effectiveness_score, t.base_effectiveness) AS base_score,
            COALESCE(
                (ite.complexity_adjustment ->> p_complexity::text)::numeric,
                CASE abs(p_complexity - t.complexity_level) WHEN 0 THEN 0.1 WHEN 1 THEN 0
                     ELSE -0.1 * abs(p_complexity - t.complexity_level) END
            ) AS complexity_adj,
            COALESCE((ite.domain_adjustments ->> p_domain)::numeric, 0) AS domain_adj,
            CASE WHEN v_favourites ? t.id::text OR v_favourites ? t.code THEN 0.15 ELSE 0 END AS preference_bonus,
            ite.intent_id IS NULL AS is_fallback
        FROM techniques t
        LEFT JOIN intent_technique_effectiveness ite ON ite.technique_id = t.id AND ite.intent_id = v_intent_id
        WHERE t.is_active
    )
    SELECT
        s.id, s.name, round(s.base_score, 2), round(s.preference_bonus, 2),
        round(LEAST(GREATEST(s.base_score + s.complexity_adj + s.domain_adj + s.preference_bonus, 0), 0.99), 2),
        s.is_fallback
    FROM scored s
    ORDER BY LEAST(GREATEST(s.base_score + s.complexity_adj + s.domain_adj + s.preference_bonus, 0), 0.99) DESC,
             s.base_score DESC, s.code COLLATE "C"
    LIMIT GREATEST(COALESCE(p_limit, 5), 0);
END;
$$;
