-- name: roles
-- Whether a role may act as the owner: what it gets, or is refused, here would then be meaningless or harm the owner.
SELECT r.rolname, r.oid::text,
       pg_has_role(r.oid, (SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('schema_migrations')), 'USAGE')
FROM pg_roles r
WHERE r.rolname = ANY (%(names)s)

-- name: forget
-- A grant goes with the function that is made anew: until all are given again none counts as given.
DELETE FROM schema_migrations WHERE kind = 'access'

-- name: remedy
-- What an administrator has to run for roles that are missing.
SELECT COALESCE(string_agg(format('CREATE ROLE %%I NOLOGIN;', name), ' '), '') FROM unnest(%(names)s::text[]) AS name

-- name: may_read_ledger
-- In a schema that the role may not use there is nothing to be found by name, so the schema is asked for first.
SELECT has_schema_privilege('public', 'USAGE')
   AND (to_regclass('public.schema_migrations') IS NULL OR has_table_privilege('public.schema_migrations', 'SELECT'))
