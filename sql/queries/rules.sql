-- name: techniques
SELECT id::text, code, name, base_effectiveness, complexity_level FROM techniques WHERE is_active ORDER BY code

-- name: effects
-- Adjustments as text: read as JSON their numbers would become floats and lose digits.
SELECT i.path, e.technique_id::text, e.effectiveness_score, e.complexity_adjustment::text, e.domain_adjustments::text
FROM intent_technique_effectiveness e
JOIN intent_taxonomy i ON i.id = e.intent_id
WHERE i.is_active
