-- name: log
-- Decisions whose outcome is known: measured, else rated by the user, else the latest feedback; then rated use from
-- before decisions were logged. From the de-identified views: whose use it was is neither needed nor granted.
WITH rated AS (
    SELECT h.id, h.decision_id, h.detected_intent_path, h.detected_complexity, h.user_pseudonym, h.techniques_applied,
           h.propensity, h.created_at, h.is_synthetic,
           (COALESCE(h.user_rating, f.overall_rating) - 1) / 4.0::float8 AS reward
    FROM v_history_deidentified h
    LEFT JOIN LATERAL (
        SELECT e.overall_rating
        FROM v_feedback_deidentified e
        WHERE h.user_rating IS NULL AND e.prompt_history_id = h.id AND e.prompt_history_created_at = h.created_at
        ORDER BY e.created_at DESC, e.id
        LIMIT 1
    ) f ON true
    WHERE COALESCE(h.user_rating, f.overall_rating) IS NOT NULL
)
SELECT d.id::text AS id, d.prompt_key, COALESCE(d.intent_path, r.detected_intent_path) AS intent,
       COALESCE(d.complexity, r.detected_complexity) AS complexity, d.domain,
       COALESCE(d.user_pseudonym, r.user_pseudonym)::text AS user_pseudonym,
       COALESCE(d.language_model, '') AS language_model, d.policy, d.chosen,
       COALESCE(o.reward, r.reward) AS reward, d.propensity, d.cost_tokens, d.latency_ms, d.is_synthetic, d.decided_at,
       d.candidates, d.propensities, d.prompt_embedding
FROM decision_log d
LEFT JOIN decision_outcomes o ON o.decision_id = d.id
LEFT JOIN (
    -- A decision is one row, however many uses name it.
    SELECT DISTINCT ON (decision_id) * FROM rated WHERE decision_id IS NOT NULL
    ORDER BY decision_id, created_at DESC, id
) r ON r.decision_id = d.id
WHERE COALESCE(o.reward, r.reward) IS NOT NULL
UNION ALL
SELECT r.id::text, r.id::text, r.detected_intent_path, r.detected_complexity, NULL, r.user_pseudonym::text, '',
       'unknown', r.techniques_applied, r.reward, r.propensity, NULL, NULL, r.is_synthetic, r.created_at, '{}', '{}',
       NULL
FROM rated r
WHERE r.decision_id IS NULL
ORDER BY decided_at, id

-- name: technique_codes
SELECT id, code FROM techniques

-- name: technique_ids
SELECT code, id FROM techniques WHERE code = ANY (%(codes)s)

-- name: log_decision
-- Of the prompt no more than its digest: the texts of the assistant's users stand in prompt_history alone.
INSERT INTO decision_log (
    prompt_key, prompt_embedding, embedding_space, intent_path, intent_probabilities, complexity, domain,
    user_pseudonym, language_model, candidates, propensities, chosen, propensity, policy, policy_version,
    is_exploration, cost_tokens, latency_ms, is_synthetic
)
VALUES (
    md5(normalised_prompt(%(prompt)s)), %(embedding)s, %(embedding_space)s, %(intent)s, %(intent_probabilities)s,
    %(complexity)s, %(domain)s, %(user_pseudonym)s, %(language_model)s, %(candidates)s, %(propensities)s::float8[],
    %(chosen)s, %(propensity)s, %(policy)s, %(policy_version)s, %(is_exploration)s, %(cost_tokens)s, %(latency_ms)s,
    %(is_synthetic)s
)
RETURNING id

-- name: record_outcome
-- A later outcome replaces an earlier one; the same again changes nothing.
INSERT INTO decision_outcomes (decision_id, reward) VALUES (%(decision)s, %(reward)s)
ON CONFLICT (decision_id) DO UPDATE SET reward = EXCLUDED.reward, recorded_at = EXCLUDED.recorded_at
WHERE decision_outcomes.reward <> EXCLUDED.reward
