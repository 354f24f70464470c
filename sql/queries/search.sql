-- name: techniques
-- Full text and misspelt names in one visit: a technique is found by its words, or by a name or code that looks alike.
-- What "alike" means is pg_trgm's own threshold. A code typed as it is comes first.
SELECT t.id::text, t.code, t.name, t.category, t.description,
       (ts_rank(t.search_vector, websearch_to_tsquery('english', %(words)s))
        + GREATEST(similarity(t.name, %(words)s), similarity(t.code, %(words)s), word_similarity(%(words)s, t.name))
       )::float8 AS score
FROM techniques t
WHERE t.is_active
  AND (t.search_vector @@ websearch_to_tsquery('english', %(words)s)
       OR t.name %% %(words)s::text
       OR t.code %% %(words)s::text
       OR %(words)s::text <%% t.name)
ORDER BY t.code = lower(%(words)s) DESC, score DESC, t.code
LIMIT GREATEST(%(limit)s, 0)

-- name: templates
SELECT id::text, name, category, language, COALESCE(tags, '{}'), quality_score::float8, score
FROM search_prompt_templates(
    %(words)s, %(category)s, %(language)s, (SELECT t.id FROM techniques t WHERE t.code = %(technique)s), %(tag)s,
    %(limit)s
)
WHERE %(technique)s::text IS NULL OR EXISTS (SELECT FROM techniques t WHERE t.code = %(technique)s)

-- name: community
SELECT id::text, title, description, category, language, COALESCE(tags, '{}'), likes, score
FROM search_community_prompts(%(words)s, %(category)s, %(language)s, %(tag)s, %(limit)s)

-- name: iterative_scan
-- With a filter, an HNSW scan that stops after ef_search neighbours returns too few; strict_order goes on in order.
-- More neighbours than pgvector's 40 are looked at: a millisecond for the few that would be missed.
SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', '100', true)

-- name: rows_of_version
-- Counted as far as it matters, from the index alone.
SELECT count(*) FROM (
    SELECT FROM ml_training_data WHERE dataset_version = %(version)s LIMIT %(most)s + 1
) AS counted

-- name: similar_exact
-- MATERIALIZED: the version picks its rows and all of them are compared, whatever index there is.
WITH rows AS MATERIALIZED (
    SELECT id, prompt_text, dataset_version, intent_labels ->> 'primary' AS intent,
           (prompt_embedding <=> %(vector)s::vector)::float8 AS distance
    FROM ml_training_data
    WHERE embedding_space = %(space)s AND dataset_version = %(version)s
)
SELECT rows.id::text, prompt_text, dataset_version, intent, distance
FROM rows
ORDER BY distance, rows.id
LIMIT GREATEST(%(limit)s, 0)

-- name: similar
-- Ordered by the distance alone, as the index gives it; ties are put in order among the rows that were found.
SELECT nearest.id::text, prompt_text, dataset_version, intent, distance
FROM (
    SELECT id, prompt_text, dataset_version, intent_labels ->> 'primary' AS intent,
           (prompt_embedding <=> %(vector)s::vector)::float8 AS distance
    FROM ml_training_data
    WHERE embedding_space = %(space)s
      AND (%(version)s::text IS NULL OR dataset_version = %(version)s)
    ORDER BY prompt_embedding <=> %(vector)s::vector
    LIMIT GREATEST(%(limit)s, 0)
) AS nearest
ORDER BY distance, nearest.id

-- name: similar_interests
SELECT nearest.user_id::text, distance
FROM (
    SELECT p.user_id, (p.interest_vector <=> %(vector)s::vector)::float8 AS distance
    FROM user_learning_profiles p
    WHERE p.interest_vector IS NOT NULL
    ORDER BY p.interest_vector <=> %(vector)s::vector
    LIMIT GREATEST(%(limit)s, 0)
) AS nearest
ORDER BY distance, nearest.user_id

-- name: labelled
-- Rows of a version that carry an intent, as the primary or a secondary one.
SELECT id::text, prompt_text, intent_labels ->> 'primary', is_test_set
FROM ml_training_data
WHERE dataset_version = %(version)s
  AND (intent_labels @> jsonb_build_object('primary', %(intent)s::text)
       OR intent_labels @> jsonb_build_object('secondary', jsonb_build_array(%(intent)s::text)))
ORDER BY prompt_digest
LIMIT GREATEST(%(limit)s, 0)
