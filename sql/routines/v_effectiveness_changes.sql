-- What applying a batch would do now, one row a cell. A refusal has a kind, so that one kind can be allowed:
--   support    the estimate itself was refused
--   gone       intent or technique has been deleted since
--   newer      what stands there was calculated after the batch was made
--   synthetic  what stands there was estimated from real outcomes, and the batch has simulated ones
CREATE OR REPLACE VIEW v_effectiveness_changes WITH (security_invoker = true) AS
SELECT s.batch_id, s.intent_path, s.technique_code, s.intent_id, s.technique_id,
       s.score, s.low, s.high, s.sample_size, s.effective_n, s.overlap,
       e.effectiveness_score AS old_score, e.intent_id IS NOT NULL AS stands, e.last_calculated AS old_calculated,
       e.is_synthetic AS old_is_synthetic, e.batch_id AS old_batch_id,
       new.effectiveness_score, new.confidence_level, new.real_world_performance,
       new.complexity_adjustment, new.domain_adjustments,
       b.synthetic_outcomes > 0 AS is_synthetic, b.run_id, b.created_at AS last_calculated,
       no.kind AS refusal,
       CASE no.kind
           WHEN 'support' THEN s.refused
           WHEN 'gone' THEN 'the intent or the technique does not exist any more'
           WHEN 'newer' THEN 'what stands there was calculated after this batch'
           WHEN 'synthetic' THEN 'what stands there rests on real outcomes, the batch on simulated ones'
       END AS reason,
       (e.effectiveness_score, e.confidence_level, e.sample_size, e.complexity_adjustment, e.domain_adjustments,
        e.real_world_performance, e.is_synthetic, e.batch_id IS NULL)
       IS DISTINCT FROM
       (new.effectiveness_score, new.confidence_level, s.sample_size, new.complexity_adjustment, new.domain_adjustments,
        new.real_world_performance, b.synthetic_outcomes > 0, false) AS differs
FROM effectiveness_estimates s
JOIN effectiveness_batches b ON b.id = s.batch_id
LEFT JOIN intent_technique_effectiveness e ON e.intent_id = s.intent_id AND e.technique_id = s.technique_id
CROSS JOIN LATERAL (
    SELECT round(s.score::numeric, 2) AS effectiveness_score, round(s.confidence::numeric, 2) AS confidence_level,
           round(s.real_world_performance::numeric, 2) AS real_world_performance,
           -- Where the outcomes say nothing of complexity or domain, what stands there stays.
           COALESCE(
               (SELECT jsonb_object_agg(key, round(value::numeric, 3)) FROM jsonb_each_text(s.complexity_adjustment)),
               e.complexity_adjustment
           ) AS complexity_adjustment,
           COALESCE(
               (SELECT jsonb_object_agg(key, round(value::numeric, 3)) FROM jsonb_each_text(s.domain_adjustments)),
               e.domain_adjustments
           ) AS domain_adjustments
) AS new
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN s.refused IS NOT NULL THEN 'support'
        WHEN s.intent_id IS NULL OR s.technique_id IS NULL THEN 'gone'
        WHEN e.last_calculated > b.created_at THEN 'newer'
        WHEN b.synthetic_outcomes > 0 AND NOT e.is_synthetic
            AND (e.batch_id IS NOT NULL OR e.estimated_by_run IS NOT NULL) THEN 'synthetic'
    END AS kind
) AS no
WHERE s.intent_path <> '' AND s.language_model = '';
COMMENT ON VIEW v_effectiveness_changes IS 'Ours: what applying a batch of estimates would change now, and what it may not.';
