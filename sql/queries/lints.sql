-- name: policy_without_rls
-- A policy on a table whose row security is off is read by nobody.
SELECT concat(p.polrelid::regclass, '.', p.polname), 'row-level security is off on the table'
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
WHERE NOT c.relrowsecurity

-- name: rls_without_policy
-- Only the owner sees such a table. That is meant of partitions, which nobody names, and where the comment says so.
SELECT c.oid::regclass::text, 'row-level security is on and there is no policy: nobody but the owner sees a row'
FROM pg_class c
WHERE c.relrowsecurity AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
  AND COALESCE(obj_description(c.oid, 'pg_class'), '') !~* 'nobody but the owner'

-- name: rls_off
-- A table with a user's rows, and a partition of one that is closed.
SELECT c.oid::regclass::text, 'it holds rows of persons and row-level security is off'
FROM pg_class c
LEFT JOIN pg_inherits h ON h.inhrelid = c.oid
LEFT JOIN pg_class parent ON parent.oid = h.inhparent
WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
  AND c.relnamespace = 'public'::regnamespace
  AND (
      parent.relrowsecurity
      OR EXISTS (
          SELECT FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attname IN ('user_id', 'author_id') AND NOT a.attisdropped
      )
  )

-- name: definer_view
-- A view reads with its owner's rights unless told otherwise, and so past every policy.
SELECT c.oid::regclass::text, 'the view is not security_invoker'
FROM pg_class c
WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
  AND NOT EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
  AND NOT EXISTS (
      SELECT FROM pg_options_to_table(c.reloptions) o
      WHERE o.option_name = 'security_invoker' AND o.option_value::boolean
  )

-- name: function_without_search_path
-- Without one of its own a function finds what its caller put in the way.
SELECT p.oid::regprocedure::text, 'the function has no search_path of its own'
FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%')

-- name: foreign_key_without_index
-- Deleting a row of the table that is pointed at would read the whole table that points.
SELECT concat(k.conrelid::regclass, '.', k.conname), 'no index begins with the columns of the foreign key'
FROM pg_constraint k
WHERE k.contype = 'f' AND k.conparentid = 0
  AND NOT EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = k.conrelid AND d.deptype = 'e'
  )
  AND NOT EXISTS (
      SELECT FROM pg_index i
      WHERE i.indrelid = k.conrelid AND i.indisvalid
        -- One that leaves out only what points nowhere serves as well.
        AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) IN (
            SELECT format('(%I IS NOT NULL)', a.attname) FROM pg_attribute a
            WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
        ))
        AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
  )

-- name: duplicate_index
-- Columns, kind, operator classes, collations, order, expressions and condition are those of another index, or in a
-- B-tree that keeps no rule the first of another's. A partition's index is its parent's matter.
SELECT i.indexrelid::regclass::text, concat(other.indexrelid::regclass, ' serves the same queries')
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid AND NOT c.relispartition
JOIN pg_am m ON m.oid = c.relam
JOIN pg_index other ON other.indrelid = i.indrelid AND other.indexrelid <> i.indexrelid
JOIN pg_class oc ON oc.oid = other.indexrelid AND oc.relam = c.relam
CROSS JOIN LATERAL (SELECT i.indnkeyatts = other.indnkeyatts AS same_length) l
WHERE c.relnamespace = 'public'::regnamespace
  AND NOT EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indrelid AND d.deptype = 'e'
  )
  AND NOT i.indisprimary AND NOT i.indisexclusion
  AND (NOT i.indisunique OR (same_length AND other.indisunique))
  AND (same_length OR (m.amname = 'btree' AND i.indnkeyatts < other.indnkeyatts))
  AND (other.indkey::int2[])[0:i.indnkeyatts - 1] = (i.indkey::int2[])[0:i.indnkeyatts - 1]
  AND (other.indclass::oid[])[0:i.indnkeyatts - 1] = (i.indclass::oid[])[0:i.indnkeyatts - 1]
  AND (other.indcollation::oid[])[0:i.indnkeyatts - 1] = (i.indcollation::oid[])[0:i.indnkeyatts - 1]
  AND (other.indoption::int2[])[0:i.indnkeyatts - 1] = (i.indoption::int2[])[0:i.indnkeyatts - 1]
  AND pg_get_expr(other.indpred, other.indrelid) IS NOT DISTINCT FROM pg_get_expr(i.indpred, i.indrelid)
  AND pg_get_expr(other.indexprs, other.indrelid) IS NOT DISTINCT FROM pg_get_expr(i.indexprs, i.indrelid)
  -- Of two that are alike in everything only the younger is told.
  AND NOT (same_length AND i.indisunique = other.indisunique AND i.indexrelid < other.indexrelid
           AND NOT other.indisprimary)

-- name: unwrapped_setting
-- Called by itself it runs for every row; in a sub-select once a statement.
SELECT concat(p.polrelid::regclass, '.', p.polname), 'a setting is read for each row, not once: write (SELECT ...)'
FROM pg_policy p
CROSS JOIN LATERAL (
    SELECT concat(pg_get_expr(p.polqual, p.polrelid), ' ', pg_get_expr(p.polwithcheck, p.polrelid)) AS text
) AS said
WHERE regexp_replace(said.text, '\( ?SELECT (\(?NULLIF\()?(\w+\.)?(current_app_user|current_setting)\(', '', 'g')
      ~ '\m(current_app_user|current_setting)\('

-- name: grant_to_public
-- What everybody may do who can connect. A function or schema without a list of its own has the default's.
SELECT thing, concat('everybody has ', string_agg(DISTINCT lower(privilege), ', '))
FROM (
    SELECT c.oid::regclass::text AS thing, g.grantee, g.privilege_type AS privilege, c.relnamespace AS place,
           'pg_class'::regclass AS class, c.oid AS object
    FROM pg_class c, aclexplode(c.relacl) AS g
    UNION ALL
    SELECT concat(a.attrelid::regclass, '.', a.attname), g.grantee, g.privilege_type, c.relnamespace,
           'pg_class'::regclass, c.oid
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) AS g
    UNION ALL
    SELECT p.oid::regprocedure::text, g.grantee, g.privilege_type, p.pronamespace, 'pg_proc'::regclass, p.oid
    FROM pg_proc p, aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) AS g
    UNION ALL
    SELECT concat('schema ', n.nspname), g.grantee, g.privilege_type, n.oid, 'pg_namespace'::regclass, n.oid
    FROM pg_namespace n, aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) AS g
) AS granted
WHERE grantee = 0
  AND place = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = class AND d.objid = object AND d.deptype = 'e')
GROUP BY thing
