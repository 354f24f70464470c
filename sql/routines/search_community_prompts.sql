-- Shared prompts by words and filters; NULL asks for nothing. SECURITY DEFINER for the reason given in
-- search_prompt_templates: the policy would look at every row before any word is looked up.
CREATE OR REPLACE FUNCTION search_community_prompts(
    p_words TEXT,
    p_category TEXT DEFAULT NULL,
    p_language TEXT DEFAULT NULL,
    p_tag TEXT DEFAULT NULL,
    p_limit INTEGER DEFAULT 10
)
RETURNS TABLE (
    id UUID, title VARCHAR, description TEXT, category VARCHAR, language VARCHAR, tags TEXT[], likes INTEGER,
    score FLOAT8
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.id, c.title, c.description, c.category, c.language, c.tags, c.likes,
           CASE WHEN p_words IS NULL THEN 0
                ELSE ts_rank(c.search_vector, websearch_to_tsquery('english', p_words)) END::float8 AS score
    FROM community_prompts c
    WHERE ((c.is_public AND c.moderation_status = 'approved') OR c.author_id = (SELECT current_app_user()))
      AND (p_words IS NULL OR c.search_vector @@ websearch_to_tsquery('english', p_words))
      AND (p_category IS NULL OR c.category = p_category)
      AND (p_language IS NULL OR c.language = p_language)
      AND (p_tag IS NULL OR c.tags @> ARRAY[p_tag])
    ORDER BY score DESC, c.likes DESC, c.id
    LIMIT GREATEST(p_limit, 0);
END;
$$;
COMMENT ON FUNCTION search_community_prompts(TEXT, TEXT, TEXT, TEXT, INTEGER) IS
    'Ours: shared prompts that the user whose request this is may see, by words and filters, the best match first.';
