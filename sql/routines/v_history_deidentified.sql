-- History without its persons: no user, no session, no text, no metadata. The caller's own rights decide: whoever reads
-- the view needs the columns of it (sql/access/workbench.sql), and filters on created_at reach the partitions.
CREATE OR REPLACE VIEW v_history_deidentified WITH (security_invoker = true) AS
SELECT id, user_pseudonym, original_length, detected_intent_path, detected_complexity, enhanced_length,
       techniques_applied, propensity, simulation, processing_time_ms, model_confidence, user_rating, was_helpful,
       client_type, api_version, created_at, is_synthetic, decision_id
FROM prompt_history;
COMMENT ON VIEW v_history_deidentified IS 'Ours: history as data scientists see it, without persons and texts.';

CREATE OR REPLACE VIEW v_feedback_deidentified WITH (security_invoker = true) AS
SELECT id, prompt_history_id, prompt_history_created_at, overall_rating, resulted_in_success, time_saved_estimate,
       would_recommend, created_at, decision_id
FROM enhancement_feedback;
COMMENT ON VIEW v_feedback_deidentified IS 'Ours: feedback as data scientists see it, without persons and texts.';
