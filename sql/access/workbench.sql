-- Data scientists: they read what models are made of and write what the workbench writes, as the queries in sql/queries
-- do. Of persons they see nothing: history and feedback without user, session, text and metadata, column by column.
CALL close_access('workbench');
GRANT USAGE ON SCHEMA public TO workbench;
GRANT SELECT ON schema_migrations TO workbench;

-- taxonomy, techniques, templates
GRANT SELECT, INSERT ON intent_taxonomy, techniques, technique_patterns, intent_technique_effectiveness TO workbench;
GRANT UPDATE (name, typical_complexity, requires_creativity, requires_analysis, requires_structure, keywords,
              description)
    ON intent_taxonomy TO workbench;
GRANT UPDATE (name, category, subcategory, description, detailed_explanation, complexity_level, base_effectiveness,
              effectiveness_variance, when_to_use, when_not_to_use, prerequisites, is_active, is_experimental,
              requires_examples, min_context_length, max_context_length, version, sources, updated_at)
    ON techniques TO workbench;
GRANT UPDATE (template, template_vars, intent_types, optimal_for, is_active, version, updated_at)
    ON technique_patterns TO workbench;
GRANT UPDATE (effectiveness_score, confidence_level, sample_size, complexity_adjustment, real_world_performance,
              estimated_by_run, is_synthetic, last_calculated)
    ON intent_technique_effectiveness TO workbench;
GRANT SELECT ON prompt_templates, prompt_examples TO workbench;
CREATE POLICY workbench_public_templates ON prompt_templates
    FOR SELECT TO workbench USING (is_public);
CREATE POLICY workbench_examples ON prompt_examples
    FOR SELECT TO workbench
    USING (template_id IS NULL OR EXISTS (SELECT FROM prompt_templates t WHERE t.id = template_id));

-- training data and models
GRANT SELECT, INSERT ON ml_training_data, training_vectors, ml_model_performance, import_batches TO workbench;
GRANT UPDATE (is_test_set, prompt_embedding, embedding_space) ON ml_training_data TO workbench;
GRANT UPDATE (is_active, deployed_at, deprecated_at) ON ml_model_performance TO workbench;
GRANT UPDATE (rows_written, rows_duplicate, rows_quarantined) ON import_batches TO workbench;
GRANT SELECT, INSERT, DELETE ON import_quarantine TO workbench;
GRANT SELECT ON history_simulations TO workbench;

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
              was_helpful, client_type, api_version, created_at, is_synthetic)
    ON prompt_history TO workbench;
CREATE POLICY workbench_deidentified_history ON prompt_history
    FOR SELECT TO workbench USING (true);
GRANT SELECT (id, prompt_history_id, prompt_history_created_at, overall_rating, resulted_in_success,
              time_saved_estimate, would_recommend, created_at)
    ON enhancement_feedback TO workbench;
CREATE POLICY workbench_deidentified_feedback ON enhancement_feedback
    FOR SELECT TO workbench USING (true);

-- functions. Not the searches: they show what belongs to app.current_user_id, which whoever writes SQL sets at will.
GRANT EXECUTE ON FUNCTION normalised_prompt(TEXT), get_optimal_techniques(TEXT, INTEGER, UUID, INTEGER, TEXT)
    TO workbench;
