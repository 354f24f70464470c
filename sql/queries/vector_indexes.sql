-- name: standing
-- Every column that may have a vector index, one row an embedding space: an index over two spaces would lead from one
-- into the other. Indexes that nothing asks for any more are listed with no rows.
WITH wanted AS (
    SELECT 'ml_training_data' AS table_name, 'prompt_embedding' AS column_name, embedding_space AS space,
           count(*) AS rows, 'idx_ml_embedding_' || left(md5(embedding_space), 8) AS index_name
    FROM ml_training_data
    WHERE embedding_space IS NOT NULL
    GROUP BY embedding_space
    UNION ALL
    SELECT 'user_learning_profiles', 'interest_vector', NULL, count(interest_vector), 'idx_user_interests'
    FROM user_learning_profiles
),
made AS (
    SELECT t.relname::text AS table_name, pg_get_indexdef(i.oid, 1, true) AS column_name, i.relname::text AS index_name,
           pg_relation_size(i.oid) AS bytes,
           CASE WHEN EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.oid) THEN 'building'
                WHEN x.indisvalid THEN 'valid' ELSE 'invalid' END AS state
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_am am ON am.oid = i.relam AND am.amname IN ('hnsw', 'ivfflat')
    WHERE t.relnamespace = 'public'::regnamespace AND t.relname IN ('ml_training_data', 'user_learning_profiles')
)
SELECT COALESCE(wanted.table_name, made.table_name), COALESCE(wanted.column_name, made.column_name), space,
       COALESCE(rows, 0), index_name, COALESCE(state, 'absent'), COALESCE(bytes, 0)
FROM wanted
FULL JOIN made USING (index_name)
ORDER BY 1, 3, 5

-- name: owns
SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %(table)s::regclass

-- name: create_statement
-- CONCURRENTLY: readers and writers go on meanwhile.
SELECT format('CREATE INDEX CONCURRENTLY %%I ON %%I USING hnsw (%%I vector_cosine_ops)',
              %(index)s::text, %(table)s::text, %(column)s::text)
       || CASE WHEN %(space)s::text IS NULL THEN '' ELSE format(' WHERE embedding_space = %%L', %(space)s::text) END

-- name: drop_statement
SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %%I', %(index)s::text)

-- name: settings
-- A build takes minutes, and a graph that does not fit into memory is built many times slower.
SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),
       set_config('maintenance_work_mem', %(memory)s, false)

-- name: notice_a_killed_client
-- Otherwise the server goes on for minutes, for nobody.
SELECT set_config('client_connection_check_interval', '1s', false)

-- name: one_process
SELECT set_config('max_parallel_maintenance_workers', '0', false)

-- name: progress
SELECT phase, blocks_done, blocks_total FROM pg_stat_progress_create_index WHERE pid = %(pid)s
