-- name: server_version
SHOW server_version

-- name: extensions
SELECT extname, extversion FROM pg_extension

-- name: available_extension
SELECT default_version FROM pg_available_extensions WHERE name = %(name)s

-- name: safety
-- What keeps rows whole through a crash and shows that a page went bad.
SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'data_checksums') AND setting = 'off'

-- name: statements_kept
-- The library has settings only where it was loaded when the server started; the catalogue does not say.
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')
   AND EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max')

-- name: has_schema
-- Asked of the catalogue, which also answers a role that may not enter the schema.
SELECT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relname = 'users'
)

-- name: migrated_at
SELECT max(applied_at) FROM schema_migrations WHERE kind = 'migration'

-- name: next_month
SELECT to_regclass('prompt_history_' || to_char(NOW() AT TIME ZONE 'UTC' + INTERVAL '1 month', 'YYYY_MM')) IS NOT NULL

-- name: caught_months
-- Rows that no month has; each slows the making of any month.
SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-01') AS month, count(*)
FROM prompt_history_default
GROUP BY month
ORDER BY month

-- name: dangling_techniques
-- An array of ids cannot be a foreign key, so a deleted technique leaves its id behind.
SELECT count(DISTINCT named.id)
FROM ml_training_data, unnest(optimal_techniques) AS named (id)
WHERE NOT EXISTS (SELECT 1 FROM techniques WHERE techniques.id = named.id)
