-- Data scientists: they read what models are made of and write what the workbench writes, as the queries in sql/queries
-- do. Of persons they see nothing: history and feedback without user, session, text and metadata, column by column.
CALL close_access('workbench');
GRANT USAGE ON SCHEMA public TO workbench;
GRANT SELECT ON schema_migrations TO workbench;

-- taxonomy, techniques, templates
GRANT SELECT, INSERT ON intent_taxonomy, techniques, technique_patterns TO workbench;
GRANT UPDATE (name, typical_complexity, requires_creativity, requires_analysis, requires_structure, keywords,
              description)
    ON intent_taxonomy TO workbench;
GRANT UPDATE (name, category, subcategory, description, detailed_explanation, complexity_level, base_effectiveness,
              effectiveness_variance, when_to_use, when_not_to_use, prerequisites, is_active, is_experimental,
              requires_examples, min_context_length, max_context_length, version, sources, updated_at)
    ON techniques TO workbench;
GRANT UPDATE (template, template_vars, intent_types, optimal_for, is_active, version, updated_at)
    ON technique_patterns TO workbench;
GRANT SELECT ON prompt_templates, prompt_examples TO workbench;
CREATE POLICY workbench_public_templates ON prompt_templates
    FOR SELECT TO workbench USING (is_public);
CREATE POLICY workbench_examples ON prompt_examples
    FOR SELECT TO workbench
    USING (template_id IS NULL OR EXISTS (SELECT FROM prompt_templates t WHERE t.id = template_id));

-- Estimates of effectiveness are staged, applied and undone: a row that did not exist before is then deleted again.
GRANT SELECT, INSERT, DELETE ON intent_technique_effectiveness TO workbench;
GRANT UPDATE (effectiveness_score, confidence_level, sample_size, complexity_adjustment, domain_adjustments,
              real_world_performance, estimated_by_run, is_synthetic, batch_id, last_calculated)
    ON intent_technique_effectiveness TO workbench;
GRANT SELECT ON effectiveness_batches, effectiveness_estimates, v_effectiveness_changes TO workbench;
-- When and by whom is not theirs to say.
GRANT INSERT (run_id, outcomes, synthetic_outcomes, propensity_source, r_hat, prompt_correlation, settings, log_sha256)
    ON effectiveness_batches TO workbench;
GRANT UPDATE (state) ON effectiveness_batches TO workbench;
GRANT INSERT ON effectiveness_estimates TO workbench;
GRANT UPDATE (previous, written) ON effectiveness_estimates TO workbench;

-- training data and models
GRANT SELECT, INSERT ON ml_training_data, training_vectors, ml_model_performance, import_batches TO workbench;
GRANT SELECT, INSERT ON taxonomy_vectors TO workbench;
GRANT UPDATE (words, embedding) ON taxonomy_vectors TO workbench;
GRANT SELECT ON v_taxonomy_words TO workbench;
GRANT UPDATE (is_test_set, prompt_embedding, embedding_space) ON ml_training_data TO workbench;
GRANT UPDATE (is_active, deployed_at, deprecated_at) ON ml_model_performance TO workbench;
-- When and by whom an event came is said by the database.
GRANT SELECT ON model_deployment_events TO workbench;
GRANT INSERT (model_type, kind, from_model, to_model, actor, reason, is_override, gate_report, gates_sha256)
    ON model_deployment_events TO workbench;
GRANT UPDATE (rows_written, rows_duplicate, rows_quarantined) ON import_batches TO workbench;
GRANT SELECT, INSERT, DELETE ON import_quarantine TO workbench;
GRANT SELECT ON history_simulations TO workbench;

-- retrainings, what starts them, and why
GRANT SELECT, INSERT ON retrain_runs, retrain_steps, schedules, schedule_turns, trigger_evaluations TO workbench;
GRANT UPDATE (state, inputs, validated_rows, owner, heartbeat_at, started_at, finished_at, processes, cancel_asked_at,
              cancel_asked_by, mlflow_run_id, folder, failure, error)
    ON retrain_runs TO workbench;
GRANT UPDATE (state, finished_at, kernel, failure, error) ON retrain_steps TO workbench;
GRANT UPDATE (owner, taken_at, attempts, state, finished_at, message, retrain_run_id) ON schedule_turns TO workbench;
GRANT UPDATE (retrain_run_id) ON trigger_evaluations TO workbench;
GRANT DELETE ON retrain_runs, schedules TO workbench;

-- results
GRANT SELECT ON technique_performance_analytics, mv_daily_active_techniques, ab_experiments TO workbench;

-- The audit trail, but for examples: it holds their texts, also of those whose template is a person's own.
GRANT SELECT ON audit_log TO workbench;
CREATE POLICY workbench_audit_log ON audit_log
    FOR SELECT TO workbench USING (table_name <> 'prompt_examples');

-- history without its persons
GRANT SELECT ON v_history_deidentified, v_feedback_deidentified TO workbench;
GRANT SELECT (id, user_pseudonym, original_length, detected_intent_path, detected_complexity, enhanced_length,
              techniques_applied, propensity, simulation, processing_time_ms, model_confidence, user_rating,
              was_helpful, client_type, api_version, created_at, is_synthetic, decision_id)
    ON prompt_history TO workbench;
CREATE POLICY workbench_deidentified_history ON prompt_history
    FOR SELECT TO workbench USING (true);
GRANT SELECT (id, prompt_history_id, prompt_history_created_at, overall_rating, resulted_in_success,
              time_saved_estimate, would_recommend, created_at, decision_id)
    ON enhancement_feedback TO workbench;
CREATE POLICY workbench_deidentified_feedback ON enhancement_feedback
    FOR SELECT TO workbench USING (true);

-- decisions and their outcomes. Who imports a log has its texts; nobody else reads them here.
GRANT SELECT (id, decided_at, prompt_key, prompt_embedding, embedding_space, intent_path, intent_probabilities,
              complexity, domain, user_pseudonym, language_model, candidates, propensities, chosen, propensity, policy,
              policy_version, is_exploration, cost_tokens, latency_ms, import_id, is_synthetic)
    ON decision_log TO workbench;
GRANT INSERT ON decision_log TO workbench;
GRANT SELECT, INSERT ON decision_outcomes TO workbench;
GRANT UPDATE (reward, recorded_at) ON decision_outcomes TO workbench;
GRANT SELECT, INSERT ON outcome_imports TO workbench;
GRANT UPDATE (rows_written, rows_quarantined) ON outcome_imports TO workbench;
GRANT SELECT, INSERT, DELETE ON outcome_quarantine TO workbench;

-- functions. Not the searches: they show what belongs to app.current_user_id, which whoever writes SQL sets at will.
GRANT EXECUTE ON FUNCTION normalised_prompt(TEXT), get_optimal_techniques(TEXT, INTEGER, UUID, INTEGER, TEXT)
    TO workbench;
