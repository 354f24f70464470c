-- Reviewers look at results and decide; they write nothing and read no prompt of a person.
CALL close_access('reviewer');
GRANT USAGE ON SCHEMA public TO reviewer;
GRANT SELECT ON schema_migrations, intent_taxonomy, techniques, technique_patterns, intent_technique_effectiveness,
    ml_model_performance, technique_performance_analytics, mv_daily_active_techniques, ab_experiments
    TO reviewer;

-- The audit trail, but for examples: it holds their texts, also of those whose template is a person's own.
GRANT SELECT ON audit_log TO reviewer;
CREATE POLICY reviewer_audit_log ON audit_log
    FOR SELECT TO reviewer USING (table_name <> 'prompt_examples');
