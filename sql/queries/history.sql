-- name: newest_labelled_version
-- Simulated users need to know which technique fits: the newest version in which somebody said so.
SELECT dataset_version FROM ml_training_data
WHERE cardinality(optimal_techniques) > 0 AND NOT is_test_set
GROUP BY dataset_version
ORDER BY max(created_at) DESC, dataset_version DESC
LIMIT 1

-- name: prompts
-- Test prompts stay out: what is estimated from history must know nothing of them.
-- Ordered by digest, so that the same corpus gives the same history in every database.
SELECT d.prompt_text, d.prompt_digest, d.intent_labels ->> 'primary' AS intent,
       COALESCE(d.complexity_label, i.typical_complexity, 3) AS complexity,
       ARRAY(SELECT t.code::text FROM techniques t WHERE t.id = ANY (d.optimal_techniques) ORDER BY t.code) AS techniques
FROM ml_training_data d
JOIN intent_taxonomy i ON i.path = d.intent_labels ->> 'primary'
WHERE d.dataset_version = %(version)s AND NOT d.is_test_set
ORDER BY d.prompt_digest

-- name: find_simulation
SELECT seed, rows_written, (ground_truth -> 'days')::int, ground_truth ->> 'dataset_version'
FROM history_simulations WHERE name = %(name)s

-- name: claim_simulation
-- The first of two simulations of one name holds the key; the other waits here and then sees that it came too late.
INSERT INTO history_simulations (name, seed, rows_written, ground_truth)
VALUES (%(name)s, %(seed)s, %(rows)s, %(ground_truth)s)
ON CONFLICT (name) DO NOTHING

-- name: count_simulated
SELECT count(h.user_rating), count(f.id)
FROM v_history_deidentified h
LEFT JOIN v_feedback_deidentified f ON f.prompt_history_id = h.id AND f.prompt_history_created_at = h.created_at
WHERE h.is_synthetic AND h.simulation = %(name)s

-- name: add_user
INSERT INTO users (id, email, username, full_name) VALUES (%(id)s, %(email)s, %(username)s, %(full_name)s)
ON CONFLICT DO NOTHING

-- name: ensure_month
SELECT create_monthly_partition(%(month)s)

-- name: create_staged_decisions
-- What is the same for every decision about a prompt travels once.
CREATE TEMP TABLE staged_policy (
    prompt_key TEXT PRIMARY KEY,
    intent_path TEXT NOT NULL,
    complexity INTEGER NOT NULL,
    propensities FLOAT8[] NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE staged_decisions (
    id UUID NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    prompt_key TEXT NOT NULL,
    user_id UUID NOT NULL,
    technique_id UUID NOT NULL,
    propensity FLOAT8 NOT NULL,
    cost_tokens INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL
) ON COMMIT DROP

-- name: copy_policy
COPY staged_policy (prompt_key, intent_path, complexity, propensities) FROM STDIN (FORMAT binary)

-- name: copy_decisions
COPY staged_decisions (
    id, decided_at, prompt_key, user_id, technique_id, propensity, cost_tokens, latency_ms
) FROM STDIN (FORMAT binary)

-- name: write_decisions
-- The text stays in prompt_history, to which the decision belongs; the vector is the one that the prompt has already.
INSERT INTO decision_log (
    id, decided_at, prompt_key, prompt_embedding, embedding_space, intent_path, complexity, user_pseudonym, candidates,
    propensities, chosen, propensity, policy, policy_version, cost_tokens, latency_ms, is_synthetic
)
SELECT s.id, s.decided_at, s.prompt_key, d.prompt_embedding, d.embedding_space, p.intent_path, p.complexity,
       u.pseudonym, %(candidates)s, p.propensities, ARRAY[s.technique_id], s.propensity, %(policy)s, %(policy_version)s,
       s.cost_tokens, s.latency_ms, true
FROM staged_decisions AS s
JOIN staged_policy AS p ON p.prompt_key = s.prompt_key
JOIN ml_training_data AS d ON d.dataset_version = %(version)s AND d.prompt_digest = s.prompt_key
JOIN users AS u ON u.id = s.user_id
ORDER BY s.decided_at, s.id

-- name: copy_history
COPY prompt_history (
    id, user_id, session_id, original_prompt, original_length, detected_intent_path, detected_complexity,
    enhanced_prompt, enhanced_length, techniques_applied, enhancement_metadata, processing_time_ms, user_rating,
    was_helpful, client_type, created_at, is_synthetic, decision_id
) FROM STDIN (FORMAT binary)

-- name: copy_feedback
COPY enhancement_feedback (
    id, prompt_history_id, prompt_history_created_at, user_id, overall_rating, technique_ratings,
    resulted_in_success, created_at, decision_id
) FROM STDIN (FORMAT binary)

-- name: analyze_history
-- Autovacuum looks at the months, never at the partitioned table, and queries are planned by that one.
ANALYZE prompt_history
