-- The seed's index usage; the statistics call the columns relname and indexrelname. The counters of a partitioned index
-- are those of its partitions together: a month that nobody asks for any more does not make the index useless.
CREATE OR REPLACE VIEW v_index_usage WITH (security_invoker = true) AS
SELECT
    n.nspname AS schemaname,
    t.relname AS tablename,
    i.relname AS indexname,
    whole.scans AS idx_scan,
    whole.entries AS idx_tup_read,
    whole.fetched AS idx_tup_fetch,
    pg_size_pretty(whole.bytes) AS index_size,
    whole.bytes AS index_size_bytes,
    x.indisvalid AS is_valid,
    x.indisunique AS is_unique,
    parent.relname AS partition_of,
    x.indexrelid
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_inherits h ON h.inhrelid = i.oid
LEFT JOIN pg_class parent ON parent.oid = h.inhparent
CROSS JOIN LATERAL (
    SELECT
        sum(pg_stat_get_numscans(COALESCE(part.relid, i.oid)))::bigint AS scans,
        sum(pg_stat_get_tuples_returned(COALESCE(part.relid, i.oid)))::bigint AS entries,
        sum(pg_stat_get_tuples_fetched(COALESCE(part.relid, i.oid)))::bigint AS fetched,
        sum(pg_relation_size(COALESCE(part.relid, i.oid)))::bigint AS bytes
    FROM (VALUES (1)) AS once LEFT JOIN pg_partition_tree(i.oid) AS part ON true
) AS whole
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY idx_scan DESC, index_size_bytes DESC, schemaname, indexname;

COMMENT ON VIEW v_index_usage IS 'How often each index was used since the statistics began, the busiest first.';
COMMENT ON COLUMN v_index_usage.index_size_bytes IS 'Ours: the size as a number.';
COMMENT ON COLUMN v_index_usage.is_valid IS
    'Ours: false where a build failed; such an index costs writes and serves no query.';
COMMENT ON COLUMN v_index_usage.is_unique IS 'Ours: a unique index keeps its rule, used or not.';
COMMENT ON COLUMN v_index_usage.partition_of IS 'Ours: the partitioned index that counts this one, too.';
COMMENT ON COLUMN v_index_usage.indexrelid IS 'Ours: the index by its number.';
