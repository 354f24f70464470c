-- End users, through the application: their own rows and what is meant for everybody. The server side says whose request
-- it is with SET LOCAL app.current_user_id. Columns that decide about rights or money, and numbers that are computed,
-- are not theirs to write. Each policy asks for the user once a statement: (SELECT current_app_user()).
CALL close_access('application_user');
GRANT USAGE ON SCHEMA public TO application_user;

-- what is meant for everybody
GRANT SELECT ON techniques, technique_patterns, intent_taxonomy, intent_technique_effectiveness TO application_user;

GRANT SELECT ON prompt_templates, prompt_examples TO application_user;
CREATE POLICY user_templates ON prompt_templates
    FOR SELECT TO application_user
    USING (is_public OR created_by = (SELECT current_app_user()));
-- An example shows what its template says.
CREATE POLICY user_examples ON prompt_examples
    FOR SELECT TO application_user
    USING (template_id IS NULL OR EXISTS (SELECT FROM prompt_templates t WHERE t.id = template_id));

-- the user. Accounts are made, verified, paid for and deleted by the service.
GRANT SELECT ON users TO application_user;
GRANT UPDATE (username, full_name, avatar_url, bio, preferences) ON users TO application_user;
CREATE POLICY user_self ON users
    FOR SELECT TO application_user
    USING (id = (SELECT current_app_user()));
CREATE POLICY user_changes_self ON users
    FOR UPDATE TO application_user
    USING (id = (SELECT current_app_user())) WITH CHECK (id = (SELECT current_app_user()));

GRANT SELECT, DELETE ON user_learning_profiles TO application_user;
GRANT INSERT (user_id, skill_level, techniques_mastered, techniques_learning, primary_use_cases,
              preferred_explanation_style, interest_vector, style_vector)
    ON user_learning_profiles TO application_user;
GRANT UPDATE (skill_level, techniques_mastered, techniques_learning, primary_use_cases,
              preferred_explanation_style, interest_vector, style_vector)
    ON user_learning_profiles TO application_user;
CREATE POLICY user_own_profile ON user_learning_profiles
    FOR ALL TO application_user
    USING (user_id = (SELECT current_app_user())) WITH CHECK (user_id = (SELECT current_app_user()));

-- history. Granted on the parent by name: a grant on a partition would be asked there. Prompts without a user are
-- written by the service.
GRANT SELECT, DELETE ON prompt_history TO application_user;
GRANT INSERT (id, user_id, session_id, original_prompt, original_length, detected_intent_path, detected_complexity,
              enhanced_prompt, enhanced_length, techniques_applied, enhancement_metadata, processing_time_ms,
              model_confidence, user_rating, feedback_text, was_helpful, client_type, api_version, created_at, decision_id)
    ON prompt_history TO application_user;
GRANT UPDATE (user_rating, feedback_text, was_helpful) ON prompt_history TO application_user;
CREATE POLICY user_own_prompts ON prompt_history
    FOR ALL TO application_user
    USING (user_id = (SELECT current_app_user())) WITH CHECK (user_id = (SELECT current_app_user()));

GRANT SELECT, DELETE ON enhancement_feedback TO application_user;
GRANT INSERT (id, prompt_history_id, prompt_history_created_at, user_id, overall_rating, technique_ratings,
              what_worked, what_didnt_work, suggestions, resulted_in_success, time_saved_estimate, would_recommend,
              created_at, decision_id)
    ON enhancement_feedback TO application_user;
GRANT UPDATE (overall_rating, technique_ratings, what_worked, what_didnt_work, suggestions, resulted_in_success,
              time_saved_estimate, would_recommend)
    ON enhancement_feedback TO application_user;
-- A foreign key is checked without policies, so that the prompt is one's own has to be said here.
CREATE POLICY user_own_feedback ON enhancement_feedback
    FOR ALL TO application_user
    USING (user_id = (SELECT current_app_user()))
    WITH CHECK (
        user_id = (SELECT current_app_user())
        AND EXISTS (
            SELECT FROM prompt_history h
            WHERE h.id = prompt_history_id AND h.created_at = prompt_history_created_at
              AND h.user_id = (SELECT current_app_user())
        )
    );

GRANT SELECT ON prompt_history_archive, enhancement_feedback_archive TO application_user;
CREATE POLICY user_own_archived_prompts ON prompt_history_archive
    FOR SELECT TO application_user
    USING (user_id = (SELECT current_app_user()));
CREATE POLICY user_own_archived_feedback ON enhancement_feedback_archive
    FOR SELECT TO application_user
    USING (user_id = (SELECT current_app_user()));

-- A view that shows the caller's own rows of a materialised view, which itself is granted to nobody.
GRANT SELECT ON v_my_technique_affinity TO application_user;
GRANT EXECUTE ON FUNCTION my_technique_affinity() TO application_user;

-- community. What is public and approved is seen by everybody, also without a user; moderation and counters are the
-- service's.
GRANT SELECT, DELETE ON community_prompts TO application_user;
GRANT INSERT (id, author_id, title, description, original_prompt, enhanced_prompt, techniques_used, category, tags,
              language, is_public)
    ON community_prompts TO application_user;
GRANT UPDATE (title, description, original_prompt, enhanced_prompt, techniques_used, category, tags, language,
              is_public)
    ON community_prompts TO application_user;
CREATE POLICY community_content_visibility ON community_prompts
    FOR SELECT TO application_user
    USING ((is_public AND moderation_status = 'approved') OR author_id = (SELECT current_app_user()));
CREATE POLICY community_author_adds ON community_prompts
    FOR INSERT TO application_user
    WITH CHECK (author_id = (SELECT current_app_user()));
CREATE POLICY community_author_changes ON community_prompts
    FOR UPDATE TO application_user
    USING (author_id = (SELECT current_app_user())) WITH CHECK (author_id = (SELECT current_app_user()));
CREATE POLICY community_author_deletes ON community_prompts
    FOR DELETE TO application_user
    USING (author_id = (SELECT current_app_user()));

GRANT SELECT, DELETE ON community_interactions TO application_user;
GRANT INSERT (user_id, prompt_id, has_liked, has_saved, has_reported, times_used, last_used_at, private_notes)
    ON community_interactions TO application_user;
GRANT UPDATE (has_liked, has_saved, has_reported, times_used, last_used_at, private_notes)
    ON community_interactions TO application_user;
-- Likes are for prompts that one can see; what was liked and is hidden now can still be unliked.
CREATE POLICY user_own_interactions ON community_interactions
    FOR SELECT TO application_user
    USING (user_id = (SELECT current_app_user()));
CREATE POLICY user_adds_interactions ON community_interactions
    FOR INSERT TO application_user
    WITH CHECK (
        user_id = (SELECT current_app_user())
        AND EXISTS (SELECT FROM community_prompts p WHERE p.id = prompt_id)
    );
CREATE POLICY user_changes_interactions ON community_interactions
    FOR UPDATE TO application_user
    USING (user_id = (SELECT current_app_user())) WITH CHECK (user_id = (SELECT current_app_user()));
CREATE POLICY user_deletes_interactions ON community_interactions
    FOR DELETE TO application_user
    USING (user_id = (SELECT current_app_user()));

-- functions
GRANT EXECUTE ON FUNCTION current_app_user(), get_optimal_techniques(TEXT, INTEGER, UUID, INTEGER, TEXT)
    TO application_user;
-- words_of is run by whoever writes a row whose search_vector is made of its tags.
GRANT EXECUTE ON FUNCTION words_of(TEXT[]),
    search_prompt_templates(TEXT, TEXT, TEXT, UUID, TEXT, INTEGER),
    search_community_prompts(TEXT, TEXT, TEXT, TEXT, INTEGER)
    TO application_user;
