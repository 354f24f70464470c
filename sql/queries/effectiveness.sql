-- name: base
SELECT code, base_effectiveness::float8 FROM techniques ORDER BY code

-- name: intents
SELECT path FROM intent_taxonomy ORDER BY path

-- name: has_outcomes
SELECT EXISTS (SELECT FROM v_history_deidentified WHERE user_rating IS NOT NULL)
    OR EXISTS (SELECT FROM v_feedback_deidentified)
    OR EXISTS (SELECT FROM decision_outcomes)

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
