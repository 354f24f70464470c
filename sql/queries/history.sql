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
SELECT d.prompt_text, d.intent_labels ->> 'primary' AS intent,
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

-- name: copy_history
COPY prompt_history (
    id, user_id, session_id, original_prompt, original_length, detected_intent_path, detected_complexity,
    enhanced_prompt, enhanced_length, techniques_applied, enhancement_metadata, processing_time_ms, user_rating,
    was_helpful, client_type, created_at, is_synthetic
) FROM STDIN (FORMAT binary)

-- name: copy_feedback
COPY enhancement_feedback (
    id, prompt_history_id, prompt_history_created_at, user_id, overall_rating, technique_ratings,
    resulted_in_success, created_at
) FROM STDIN (FORMAT binary)

-- name: analyze_history
-- Autovacuum looks at the months, never at the partitioned table, and queries are planned by that one.
ANALYZE prompt_history
