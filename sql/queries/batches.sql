-- name: stage
INSERT INTO effectiveness_batches (
    run_id, outcomes, synthetic_outcomes, propensity_source, r_hat, prompt_correlation, settings, log_sha256
) VALUES (
    %(run_id)s, %(outcomes)s, %(synthetic_outcomes)s, %(propensity_source)s, %(r_hat)s, %(prompt_correlation)s,
    %(settings)s, %(log_sha256)s
)
RETURNING id::text

-- name: copy_estimates
COPY effectiveness_estimates (
    batch_id, intent_path, technique_code, language_model, score, standard_error, low, high, confidence, sample_size,
    effective_n, overlap, real_world_performance, complexity_adjustment, domain_adjustments, refused, intent_id,
    technique_id
) FROM STDIN (FORMAT BINARY)

-- name: ids
-- Of intents by path and of techniques by code.
SELECT 'intent', path, id FROM intent_taxonomy
UNION ALL
SELECT 'technique', code, id FROM techniques

-- name: find
-- The newest first; a batch is named by the beginning of its id.
SELECT id::text, created_at, created_by, run_id, outcomes, synthetic_outcomes, propensity_source, r_hat,
       prompt_correlation, settings, log_sha256, state, applied_at, applied_by, undone_at, undone_by
FROM effectiveness_batches
WHERE starts_with(id::text, %(beginning)s) AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY created_at DESC, id
LIMIT %(most)s

-- name: changes
SELECT intent_path, technique_code, stands, old_score::float8, effectiveness_score::float8, score, low, high,
       sample_size, effective_n, overlap, differs, refusal, reason
FROM v_effectiveness_changes
WHERE batch_id = %(batch)s
ORDER BY intent_path, technique_code

-- name: lock
-- One apply or undo at a time, and no other writer meanwhile; readers are not stopped.
LOCK TABLE intent_technique_effectiveness IN SHARE ROW EXCLUSIVE MODE

-- name: state
-- Read after the lock: whoever came first has committed.
SELECT state, CASE state WHEN 'applied' THEN applied_at ELSE undone_at END,
       CASE state WHEN 'applied' THEN applied_by ELSE undone_by END
FROM effectiveness_batches WHERE id = %(batch)s FOR UPDATE

-- name: set_state
UPDATE effectiveness_batches SET state = %(state)s WHERE id = %(batch)s

-- name: keep_previous
UPDATE effectiveness_estimates s
SET previous = to_jsonb(e), written = NULL
FROM v_effectiveness_changes v
LEFT JOIN intent_technique_effectiveness e ON e.intent_id = v.intent_id AND e.technique_id = v.technique_id
WHERE v.batch_id = %(batch)s AND s.batch_id = v.batch_id AND s.intent_path = v.intent_path
  AND s.technique_code = v.technique_code AND s.language_model = ''

-- name: write
-- Only what differs is written: a row whose estimate did not change keeps its batch and its time of calculation.
INSERT INTO intent_technique_effectiveness (
    intent_id, technique_id, effectiveness_score, confidence_level, sample_size, complexity_adjustment,
    domain_adjustments, real_world_performance, last_calculated, estimated_by_run, is_synthetic, batch_id
)
SELECT intent_id, technique_id, effectiveness_score, confidence_level, sample_size, complexity_adjustment,
       domain_adjustments, real_world_performance, last_calculated, run_id, is_synthetic, batch_id
FROM v_effectiveness_changes
WHERE batch_id = %(batch)s AND differs AND (refusal IS NULL OR (refusal = 'synthetic' AND %(allow_synthetic)s))
ORDER BY intent_id, technique_id
ON CONFLICT (intent_id, technique_id) DO UPDATE
SET effectiveness_score = EXCLUDED.effectiveness_score, confidence_level = EXCLUDED.confidence_level,
    sample_size = EXCLUDED.sample_size, complexity_adjustment = EXCLUDED.complexity_adjustment,
    domain_adjustments = EXCLUDED.domain_adjustments, real_world_performance = EXCLUDED.real_world_performance,
    last_calculated = EXCLUDED.last_calculated, estimated_by_run = EXCLUDED.estimated_by_run,
    is_synthetic = EXCLUDED.is_synthetic, batch_id = EXCLUDED.batch_id

-- name: keep_written
UPDATE effectiveness_estimates s
SET written = to_jsonb(e)
FROM intent_technique_effectiveness e
WHERE s.batch_id = %(batch)s AND s.language_model = '' AND e.batch_id = s.batch_id
  AND e.intent_id = s.intent_id AND e.technique_id = s.technique_id

-- name: changed_since
-- What the batch wrote and does not stand there any more as it wrote it. A column that is younger than the batch does
-- not count; what went with its intent or technique cannot come back and does not count either.
SELECT s.intent_path, s.technique_code, e.batch_id::text
FROM effectiveness_estimates s
LEFT JOIN intent_technique_effectiveness e ON e.intent_id = s.intent_id AND e.technique_id = s.technique_id
WHERE s.batch_id = %(batch)s AND s.written IS NOT NULL AND s.intent_id IS NOT NULL AND s.technique_id IS NOT NULL
  AND (e.intent_id IS NULL OR to_jsonb(jsonb_populate_record(e, s.written)) <> to_jsonb(e))
ORDER BY e.batch_id IS NULL OR e.batch_id = s.batch_id, s.intent_path, s.technique_code

-- name: restore
UPDATE intent_technique_effectiveness e
SET effectiveness_score = old.effectiveness_score, confidence_level = old.confidence_level,
    sample_size = old.sample_size, complexity_adjustment = old.complexity_adjustment,
    domain_adjustments = old.domain_adjustments, real_world_performance = old.real_world_performance,
    last_calculated = old.last_calculated, estimated_by_run = old.estimated_by_run,
    is_synthetic = old.is_synthetic, batch_id = old.batch_id
FROM effectiveness_estimates s
CROSS JOIN LATERAL jsonb_populate_record(NULL::intent_technique_effectiveness, s.previous) AS old
WHERE s.batch_id = %(batch)s AND s.written IS NOT NULL AND s.previous IS NOT NULL
  AND e.intent_id = s.intent_id AND e.technique_id = s.technique_id

-- name: remove
DELETE FROM intent_technique_effectiveness e
USING effectiveness_estimates s
WHERE s.batch_id = %(batch)s AND s.written IS NOT NULL AND s.previous IS NULL
  AND e.intent_id = s.intent_id AND e.technique_id = s.technique_id
