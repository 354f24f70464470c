-- name: outcomes
-- Rated use, one row for each technique applied. The rating is the history's own, else that of the latest feedback.
-- From the de-identified views: whose use it was is neither needed nor granted to data scientists.
SELECT i.path, t.code,
       (COALESCE(h.user_rating, f.overall_rating) - 1) / 4.0::float8,
       h.propensity, h.detected_complexity, h.is_synthetic
FROM v_history_deidentified h
JOIN intent_taxonomy i ON i.path = h.detected_intent_path
LEFT JOIN LATERAL (
    SELECT e.overall_rating
    FROM v_feedback_deidentified e
    WHERE h.user_rating IS NULL AND e.prompt_history_id = h.id AND e.prompt_history_created_at = h.created_at
    ORDER BY e.created_at DESC, e.id
    LIMIT 1
) f ON true
CROSS JOIN LATERAL (SELECT DISTINCT unnest(h.techniques_applied)) AS applied(technique_id)
JOIN techniques t ON t.id = applied.technique_id
WHERE COALESCE(h.user_rating, f.overall_rating) IS NOT NULL
ORDER BY h.created_at, h.id, t.code

-- name: base
SELECT code, base_effectiveness::float8 FROM techniques ORDER BY code

-- name: intents
SELECT path FROM intent_taxonomy ORDER BY path

-- name: write
-- Rows whose estimate did not change are left alone: their run and their time of calculation stay true.
INSERT INTO intent_technique_effectiveness AS old (
    intent_id, technique_id, effectiveness_score, confidence_level, sample_size, complexity_adjustment,
    real_world_performance, estimated_by_run, is_synthetic
)
SELECT i.id, t.id, round(new.score::numeric, 2), round(new.confidence::numeric, 2), new.sample_size,
       new.adjustment::jsonb, round(new.performance::numeric, 2), %(run_id)s, %(is_synthetic)s
FROM unnest(
    %(intents)s::text[], %(techniques)s::text[], %(scores)s::float8[], %(confidences)s::float8[],
    %(sample_sizes)s::int[], %(adjustments)s::text[], %(performances)s::float8[]
) AS new(intent, technique, score, confidence, sample_size, adjustment, performance)
JOIN intent_taxonomy i ON i.path = new.intent
JOIN techniques t ON t.code = new.technique
ORDER BY i.id, t.id
ON CONFLICT (intent_id, technique_id) DO UPDATE
SET effectiveness_score = EXCLUDED.effectiveness_score,
    confidence_level = EXCLUDED.confidence_level,
    sample_size = EXCLUDED.sample_size,
    complexity_adjustment = EXCLUDED.complexity_adjustment,
    real_world_performance = EXCLUDED.real_world_performance,
    estimated_by_run = EXCLUDED.estimated_by_run,
    is_synthetic = EXCLUDED.is_synthetic,
    last_calculated = NOW()
WHERE (old.effectiveness_score, old.confidence_level, old.sample_size, old.complexity_adjustment,
       old.real_world_performance, old.is_synthetic, old.estimated_by_run IS NULL)
      IS DISTINCT FROM
      (EXCLUDED.effectiveness_score, EXCLUDED.confidence_level, EXCLUDED.sample_size, EXCLUDED.complexity_adjustment,
       EXCLUDED.real_world_performance, EXCLUDED.is_synthetic, false)

-- name: has_outcomes
SELECT EXISTS (SELECT FROM v_history_deidentified WHERE user_rating IS NOT NULL)
    OR EXISTS (SELECT FROM v_feedback_deidentified)

-- name: rows_of_run
SELECT count(*) FROM intent_technique_effectiveness WHERE estimated_by_run = %(run_id)s

-- name: standouts
-- Small samples may shine by luck, so a technique needs thirty rated uses in the branch.
SELECT path, code, score::float8, sample_size
FROM (
    SELECT DISTINCT ON (it.path) it.path, t.code, e.effectiveness_score AS score, e.sample_size, e.confidence_level
    FROM intent_technique_effectiveness e
    JOIN intent_taxonomy it ON it.id = e.intent_id AND it.level = 1
    JOIN techniques t ON t.id = e.technique_id
    WHERE e.sample_size >= 30
    ORDER BY it.path, e.effectiveness_score DESC, e.confidence_level DESC, t.code
) best
ORDER BY confidence_level DESC, path
