-- name: techniques_of_category
-- Sorted by the column of the table: by its name alone ORDER BY would take the cast one, which no index has.
SELECT t.code, t.name, t.base_effectiveness::float8
FROM techniques t
WHERE t.is_active AND t.category = %(category)s
ORDER BY t.base_effectiveness DESC, t.code
LIMIT GREATEST(%(limit)s, 0)

-- name: techniques_of_intent
-- What the estimates alone say; get_optimal_techniques() weighs them for a prompt and a user.
SELECT t.code, t.name, best.effectiveness_score::float8
FROM intent_technique_effectiveness best
JOIN techniques t ON t.id = best.technique_id AND t.is_active
WHERE best.intent_id = (SELECT i.id FROM intent_taxonomy i WHERE i.path = %(intent)s)
ORDER BY best.effectiveness_score DESC, best.technique_id
LIMIT GREATEST(%(limit)s, 0)

-- name: patterns_of_intent
-- A pattern for an inner node is one for everything below it.
SELECT t.code, p.pattern_name, p.template
FROM technique_patterns p
JOIN techniques t ON t.id = p.technique_id AND t.is_active
WHERE p.is_active AND p.intent_types && %(paths)s::text[]
ORDER BY p.success_rate DESC NULLS LAST, t.code, p.pattern_name, p.version DESC
LIMIT GREATEST(%(limit)s, 0)

-- name: intents_below
-- An underscore in a path is itself here, not any character.
SELECT path, name, level
FROM intent_taxonomy
WHERE path LIKE replace(%(intent)s::text, '_', '\_') || '.%%'
ORDER BY path

-- name: best_templates
SELECT t.id::text, t.name, t.category, t.quality_score::float8
FROM prompt_templates t
WHERE t.is_public
ORDER BY t.quality_score DESC, t.id
LIMIT GREATEST(%(limit)s, 0)

-- name: best_examples
SELECT e.id::text, e.original_prompt, e.enhanced_prompt, e.response_quality_score::float8
FROM prompt_examples e
ORDER BY e.response_quality_score DESC NULLS LAST, e.id
LIMIT GREATEST(%(limit)s, 0)

-- name: featured_community
SELECT c.id::text, c.title, c.category, c.likes
FROM community_prompts c
WHERE c.is_featured AND c.is_public AND c.moderation_status = 'approved'
ORDER BY c.likes DESC, c.id
LIMIT GREATEST(%(limit)s, 0)

-- name: community_of_category
SELECT c.id::text, c.title, c.category, c.likes
FROM community_prompts c
WHERE c.category = %(category)s AND c.is_public AND c.moderation_status = 'approved'
ORDER BY c.likes DESC, c.id
LIMIT GREATEST(%(limit)s, 0)

-- name: recent_history
SELECT h.id::text, h.created_at, h.original_prompt, h.enhanced_prompt, h.user_rating
FROM prompt_history h
WHERE h.user_id = %(user)s
ORDER BY h.created_at DESC, h.id
LIMIT GREATEST(%(limit)s, 0)

-- name: history_of_session
SELECT h.id::text, h.created_at, h.original_prompt, h.enhanced_prompt, h.user_rating
FROM prompt_history h
WHERE h.session_id = %(session)s
ORDER BY h.created_at, h.id

-- name: uses_of_technique
-- @> is what the index on the array serves; = ANY() is not.
SELECT count(*), max(created_at)
FROM prompt_history
WHERE techniques_applied @> ARRAY[(SELECT t.id FROM techniques t WHERE t.code = %(technique)s)]
  AND created_at >= %(since)s

-- name: recent_decisions
SELECT d.id::text, d.decided_at, d.policy, d.intent_path,
       ARRAY(SELECT t.code::text FROM techniques t WHERE t.id = ANY (d.chosen) ORDER BY t.code COLLATE "C"),
       d.propensity, d.is_exploration, d.is_synthetic
FROM decision_log d
ORDER BY d.decided_at DESC, d.id
LIMIT GREATEST(%(limit)s, 0)

-- name: analytics_of_day
SELECT t.code, a.total_uses, a.unique_users, a.success_rate::float8, a.effectiveness_trend::float8,
       a.adoption_rate::float8
FROM technique_performance_analytics a
JOIN techniques t ON t.id = a.technique_id
WHERE a.date_bucket = %(day)s
ORDER BY a.total_uses DESC, t.code
