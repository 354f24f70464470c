-- The seed's table sizes, by oid: a name put together as text fails at the first name in mixed case.
-- A partitioned table holds nothing itself: it shows the sum of its partitions, which are listed as well.
CREATE OR REPLACE VIEW v_table_sizes WITH (security_invoker = true) AS
SELECT
    n.nspname AS schemaname,
    c.relname AS tablename,
    pg_size_pretty(whole.bytes) AS size,
    whole.bytes AS size_bytes,
    CASE WHEN c.relkind = 'p' THEN 'partitioned table'
         WHEN c.relkind = 'm' THEN 'materialized view'
         WHEN c.relispartition THEN 'partition'
         ELSE 'table' END AS kind
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT sum(pg_total_relation_size(COALESCE(part.relid, c.oid)))::bigint AS bytes
    FROM (VALUES (1)) AS once LEFT JOIN pg_partition_tree(c.oid) AS part ON true
) AS whole
WHERE c.relkind IN ('r', 'p', 'm')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY size_bytes DESC NULLS LAST, schemaname, tablename;

COMMENT ON VIEW v_table_sizes IS 'How much room each table takes with its indexes and TOAST, the largest first.';
COMMENT ON COLUMN v_table_sizes.kind IS 'Ours: partitions are counted in their partitioned table, too.';
