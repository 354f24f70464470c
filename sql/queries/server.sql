-- name: databases
SELECT datname FROM pg_database

-- name: forget_helper
DROP ROLE IF EXISTS workbench_renaming

-- name: create_helper
CREATE ROLE workbench_renaming SUPERUSER LOGIN

-- name: rename_superuser
ALTER ROLE workbench RENAME TO workbench_owner

-- name: extension_schemas
SELECT e.extname, n.nspname
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace

-- name: schema_exists
SELECT 1 FROM pg_namespace WHERE nspname = %(name)s
