-- Reviewers look at results and decide; they write nothing and read no prompt of a person.
CALL close_access('reviewer');
GRANT USAGE ON SCHEMA public TO reviewer;
GRANT SELECT ON schema_migrations, intent_taxonomy, techniques, technique_patterns, intent_technique_effectiveness,
    effectiveness_batches, effectiveness_estimates, v_effectiveness_changes, ml_model_performance,
    model_deployment_events, technique_performance_analytics, mv_daily_active_techniques, ab_experiments
    TO reviewer;

-- What was retrained, and why it was or was not.
GRANT SELECT ON retrain_runs, retrain_steps, schedules, schedule_turns, trigger_evaluations TO reviewer;

-- What was decided and how it turned out, but for texts, for vectors, which say nearly as much, and for persons.
GRANT SELECT (id, decided_at, prompt_key, embedding_space, intent_path, intent_probabilities, complexity, domain,
              language_model, candidates, propensities, chosen, propensity, policy, policy_version, is_exploration,
              cost_tokens, latency_ms, import_id, is_synthetic)
    ON decision_log TO reviewer;
GRANT SELECT ON decision_outcomes, outcome_imports TO reviewer;

-- The audit trail, but for examples: it holds their texts, also of those whose template is a person's own.
GRANT SELECT ON audit_log TO reviewer;
CREATE POLICY reviewer_audit_log ON audit_log
    FOR SELECT TO reviewer USING (table_name <> 'prompt_examples');
