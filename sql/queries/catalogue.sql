-- name: facts
-- Everything that defines the schema, one fact a row: the object it belongs to and the fact in words. Left out: what an
-- extension brought, what a partition has from its parent, and NOT NULL as a constraint, which only PostgreSQL 18 names.
WITH relation AS (
    SELECT c.*, CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' ELSE 'table ' END
                       || c.relname AS subject
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                                AND d.deptype = 'e')
),
routine AS (
    SELECT p.*, CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END
                       || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS subject
    FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                                                AND d.deptype = 'e')
),
grantee AS (
    SELECT 0::oid AS oid, 'PUBLIC' AS name
    UNION ALL
    SELECT oid, rolname FROM pg_roles
)
SELECT subject, concat_ws(', ',
    CASE relkind WHEN 'p' THEN 'partitioned by ' || pg_get_partkeydef(oid) ELSE 'exists' END,
    (SELECT 'partition of ' || i.inhparent::regclass FROM pg_inherits i WHERE i.inhrelid = relation.oid),
    CASE WHEN pg_get_expr(relpartbound, oid) = 'DEFAULT' THEN 'default' END,
    CASE WHEN relrowsecurity THEN 'row security on' END,
    CASE WHEN relforcerowsecurity THEN 'row security forced' END,
    (SELECT string_agg(option, ', ' ORDER BY option) FROM unnest(reloptions) AS option)) AS fact
FROM relation
UNION ALL
SELECT subject, concat_ws(' ', 'column', a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' END,
    CASE WHEN a.attidentity <> '' THEN 'identity' END,
    CASE WHEN a.attgenerated <> '' THEN 'generated' WHEN d.adbin IS NOT NULL THEN 'default' END,
    pg_get_expr(d.adbin, d.adrelid))
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0
LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
UNION ALL
SELECT subject, 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
FROM relation r
JOIN pg_constraint k ON k.conrelid = r.oid
WHERE k.contype NOT IN ('n', 't') AND k.conparentid = 0 AND k.coninhcount = 0
UNION ALL
SELECT subject, 'index ' || i.indexrelid::regclass || ' '
                || regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE (UNIQUE )?INDEX .* USING ', '\1')
                || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
FROM relation r
JOIN pg_index i ON i.indrelid = r.oid
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  AND NOT EXISTS (SELECT FROM pg_inherits p WHERE p.inhrelid = i.indexrelid)
UNION ALL
SELECT subject, 'trigger ' || t.tgname || regexp_replace(pg_get_triggerdef(t.oid), '^CREATE (CONSTRAINT )?TRIGGER \S+', '')
                || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' enabled ' || t.tgenabled::text END
FROM relation r
JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal AND t.tgparentid = 0
UNION ALL
SELECT subject, concat_ws(' ', 'policy', p.policyname, lower(p.permissive), 'for', p.cmd, 'to',
    (SELECT string_agg(role, ', ' ORDER BY role) FROM unnest(p.roles) AS role),
    'using ' || p.qual, 'with check ' || p.with_check)
FROM relation r
JOIN pg_policies p ON p.schemaname = 'public' AND p.tablename = r.relname
UNION ALL
SELECT subject, 'definition ' || pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT subject, 'statistics ' || pg_get_statisticsobjdef(s.oid)
FROM relation r
JOIN pg_statistic_ext s ON s.stxrelid = r.oid
UNION ALL
SELECT subject, 'grant ' || string_agg(acl.privilege_type, ', ' ORDER BY acl.privilege_type) || ' to ' || g.name
FROM relation r
CROSS JOIN aclexplode(r.relacl) AS acl
JOIN grantee g ON g.oid = acl.grantee
WHERE acl.grantee <> r.relowner AND acl.privilege_type <> 'MAINTAIN'
GROUP BY subject, g.name
UNION ALL
SELECT subject, 'column ' || a.attname || ' grant '
                || string_agg(acl.privilege_type, ', ' ORDER BY acl.privilege_type) || ' to ' || g.name
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND NOT a.attisdropped
CROSS JOIN aclexplode(a.attacl) AS acl
JOIN grantee g ON g.oid = acl.grantee
WHERE acl.grantee <> r.relowner
GROUP BY subject, a.attname, g.name
UNION ALL
SELECT subject, concat_ws(' ', CASE d.objsubid WHEN 0 THEN 'comment'
                                ELSE 'column ' || (SELECT attname FROM pg_attribute
                                                   WHERE attrelid = r.oid AND attnum = d.objsubid) || ' comment' END,
                          d.description)
FROM relation r
JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = r.oid
UNION ALL
SELECT subject, concat_ws(', ', 'takes ' || NULLIF(pg_get_function_arguments(oid), ''),
    'returns ' || pg_get_function_result(oid),
    (SELECT lanname FROM pg_language WHERE pg_language.oid = prolang),
    CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
    CASE proparallel WHEN 's' THEN 'parallel safe' WHEN 'r' THEN 'parallel restricted' END,
    CASE WHEN proisstrict THEN 'strict' END, CASE WHEN proleakproof THEN 'leakproof' END,
    CASE WHEN prosecdef THEN 'security definer' ELSE 'security invoker' END,
    (SELECT string_agg('set ' || setting, ', ' ORDER BY setting) FROM unnest(proconfig) AS setting),
    COALESCE(pg_get_function_sqlbody(oid), 'body ' || left(md5(prosrc), 12)))
FROM routine
UNION ALL
SELECT subject, 'grant ' || acl.privilege_type || ' to ' || g.name
FROM routine
CROSS JOIN aclexplode(COALESCE(proacl, acldefault('f', proowner))) AS acl
JOIN grantee g ON g.oid = acl.grantee
WHERE acl.grantee <> proowner
UNION ALL
SELECT subject, 'comment ' || d.description
FROM routine r
JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = r.oid
UNION ALL
SELECT 'schema public', 'grant ' || acl.privilege_type || ' to ' || g.name
FROM pg_namespace n
CROSS JOIN aclexplode(n.nspacl) AS acl
JOIN grantee g ON g.oid = acl.grantee
-- Everybody may look into the schema as PostgreSQL makes it; whether that is revoked is its owner's affair.
WHERE n.nspname = 'public' AND acl.grantee <> n.nspowner AND NOT (g.name = 'PUBLIC' AND acl.privilege_type = 'USAGE')
  AND NOT EXISTS (SELECT FROM relation WHERE relowner = acl.grantee)

-- name: roles
SELECT rolname FROM pg_roles
