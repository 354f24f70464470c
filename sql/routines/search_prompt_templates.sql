-- Templates by words, misspelt names included, and by filters; NULL asks for nothing. Under row-level security a search
-- condition waits until the policy has looked at every row, so that no index can serve it: hence SECURITY DEFINER, with
-- the visibility of the policy spelled out. Plans are made for the filters of the call, not for any that might come.
CREATE OR REPLACE FUNCTION search_prompt_templates(
    p_words TEXT,
    p_category TEXT DEFAULT NULL,
    p_language TEXT DEFAULT NULL,
    p_technique_id UUID DEFAULT NULL,
    p_tag TEXT DEFAULT NULL,
    p_limit INTEGER DEFAULT 10
)
RETURNS TABLE (
    id UUID, name VARCHAR, category VARCHAR, language VARCHAR, tags TEXT[], quality_score NUMERIC, score FLOAT8
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT t.id, t.name, t.category, t.language, t.tags, t.quality_score,
           CASE WHEN p_words IS NULL THEN 0
                ELSE ts_rank(t.search_vector, websearch_to_tsquery('english', p_words))
                     + GREATEST(similarity(t.name, p_words), word_similarity(p_words, t.name)) END::float8 AS score
    FROM prompt_templates t
    WHERE (t.is_public OR t.created_by = (SELECT current_app_user()))
      AND (p_words IS NULL
           OR t.search_vector @@ websearch_to_tsquery('english', p_words)
           OR t.name % p_words
           OR p_words <% t.name)
      AND (p_category IS NULL OR t.category = p_category)
      AND (p_language IS NULL OR t.language = p_language)
      AND (p_technique_id IS NULL OR t.technique_ids @> ARRAY[p_technique_id])
      AND (p_tag IS NULL OR t.tags @> ARRAY[p_tag])
    ORDER BY score DESC, t.quality_score DESC, t.id
    LIMIT GREATEST(p_limit, 0);
END;
$$;
COMMENT ON FUNCTION search_prompt_templates(TEXT, TEXT, TEXT, UUID, TEXT, INTEGER) IS
    'Ours: templates that the user whose request this is may see, by words and filters, the best match first.';
