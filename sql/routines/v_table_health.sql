-- Facts on each table for `workbench doctor`; what is too much is decided there. expected_bytes is what the rows would
-- take in a table just written (width of the columns from ANALYZE, 24 bytes of header, 4 of line pointer, 2 a column of
-- padding): no extension is needed, and where a column's statistics may not be read it is NULL.
CREATE OR REPLACE VIEW v_table_health WITH (security_invoker = true) AS
SELECT
    n.nspname AS schemaname,
    c.relname AS tablename,
    c.relkind = 'p' AS is_partitioned,
    s.n_live_tup AS live_rows,
    s.n_dead_tup AS dead_rows,
    GREATEST(s.last_vacuum, s.last_autovacuum) AS last_vacuum,
    GREATEST(s.last_analyze, s.last_autoanalyze) AS last_analyze,
    age(NULLIF(c.relfrozenxid, '0')) AS transaction_age,
    pg_relation_size(c.oid) AS heap_bytes,
    CASE WHEN c.reltuples >= 0 AND written.columns = columns.number THEN
        (c.reltuples * (28 + 2 * columns.number + written.width) / (COALESCE(options.fill, 100) / 100.0))::bigint
    END AS expected_bytes,
    COALESCE(options.autovacuum, true) AS has_autovacuum,
    c.oid AS relid,
    NULLIF(c.reltuples, -1) AS estimated_rows,
    s.n_mod_since_analyze AS changed_rows
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stat_user_tables s ON s.relid = c.oid
CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
) AS columns
CROSS JOIN LATERAL (
    SELECT count(*) AS columns, COALESCE(sum((1 - p.null_frac) * p.avg_width), 0) AS width
    FROM pg_stats p
    WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND NOT p.inherited
) AS written
CROSS JOIN LATERAL (
    SELECT
        max(o.option_value) FILTER (WHERE o.option_name = 'fillfactor')::numeric AS fill,
        bool_and(o.option_value::boolean) FILTER (WHERE o.option_name = 'autovacuum_enabled') AS autovacuum
    FROM pg_options_to_table(c.reloptions) AS o
) AS options
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't';

COMMENT ON VIEW v_table_health IS 'Ours: dead rows, vacuum, statistics, age and expected size of each table.';
