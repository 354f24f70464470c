-- Facts on each index for `workbench doctor`; what is too much is decided there. The partitions of a partitioned index
-- are counted together. expected_bytes is what a B-tree just built would take (width of the columns from ANALYZE,
-- 8 bytes of header, 4 of line pointer, 4 of padding, pages filled to 90 %; its size where ANALYZE has not looked),
-- NULL for other kinds.
CREATE OR REPLACE VIEW v_index_health WITH (security_invoker = true) AS
WITH leaf AS (
    SELECT x.indexrelid AS root, l.indexrelid, l.indrelid, l.indkey, l.indisvalid, n.nspname
    FROM pg_index x
    JOIN pg_class r ON r.oid = x.indexrelid AND NOT r.relispartition
    JOIN pg_namespace n ON n.oid = r.relnamespace
    LEFT JOIN LATERAL pg_partition_tree(x.indexrelid) AS part ON true
    JOIN pg_index l ON l.indexrelid = COALESCE(part.relid, x.indexrelid)
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
),
width AS MATERIALIZED (
    SELECT schemaname, tablename, attname, (1 - null_frac) * avg_width AS bytes FROM pg_stats WHERE NOT inherited
),
entry AS (
    SELECT leaf.indexrelid, bool_and(w.bytes IS NOT NULL) AS is_known, sum(w.bytes) AS bytes
    FROM leaf
    JOIN pg_class i ON i.oid = leaf.indexrelid
    JOIN pg_class t ON t.oid = leaf.indrelid
    JOIN pg_attribute a ON a.attrelid = leaf.indexrelid
    LEFT JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = leaf.indkey[a.attnum - 1] AND c.attnum <> 0
    -- ANALYZE keeps what it knows of an expression under the index's own name.
    LEFT JOIN width w
        ON w.schemaname = leaf.nspname
       AND w.tablename = CASE WHEN c.attnum IS NULL THEN i.relname ELSE t.relname END
       AND w.attname = COALESCE(c.attname, a.attname)
    GROUP BY leaf.indexrelid
),
measured AS (
    SELECT
        leaf.root,
        bool_and(leaf.indisvalid) AS is_valid,
        sum(pg_relation_size(leaf.indexrelid))::bigint AS bytes,
        sum(pg_stat_get_numscans(leaf.indexrelid))::bigint AS scans,
        sum(s.seq_scan + COALESCE(s.idx_scan, 0))::bigint AS table_scans,
        CASE WHEN bool_and(m.amname = 'btree') THEN
            sum(CASE WHEN i.relkind = 'i' AND i.reltuples >= 0 AND entry.is_known
                     THEN i.reltuples * (16 + entry.bytes) / 0.9 + 16384
                     ELSE pg_relation_size(i.oid) END)::bigint
        END AS expected_bytes
    FROM leaf
    JOIN entry ON entry.indexrelid = leaf.indexrelid
    JOIN pg_class i ON i.oid = leaf.indexrelid
    JOIN pg_am m ON m.oid = i.relam
    LEFT JOIN pg_stat_user_tables s ON s.relid = leaf.indrelid
    GROUP BY leaf.root
),
counted AS (
    -- A crash or a reset starts the counters anew; the server's own tell of a crash.
    SELECT GREATEST(d.stats_reset, b.stats_reset) AS since
    FROM pg_stat_database d, pg_stat_bgwriter b
    WHERE d.datname = current_database()
)
SELECT
    n.nspname AS schemaname,
    t.relname AS tablename,
    i.relname AS indexname,
    measured.is_valid,
    -- Used or not, these keep a rule or serve the rows that a foreign key points at.
    x.indisunique OR x.indisexclusion OR EXISTS (
        SELECT FROM pg_constraint f
        WHERE f.contype = 'f' AND f.conrelid = x.indrelid
          AND f.conkey <@ (x.indkey::int2[])[0:cardinality(f.conkey) - 1]
    ) AS is_needed,
    twin.name AS duplicate_of,
    measured.scans,
    measured.table_scans,
    counted.since AS counted_since,
    measured.bytes AS size_bytes,
    measured.expected_bytes
FROM measured
CROSS JOIN counted
JOIN pg_index x ON x.indexrelid = measured.root
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN LATERAL (
    SELECT k.relname AS name
    FROM pg_index y
    JOIN pg_class k ON k.oid = y.indexrelid
    WHERE y.indrelid = x.indrelid AND y.indexrelid <> x.indexrelid AND y.indisvalid
      AND k.relam = i.relam AND y.indnkeyatts = x.indnkeyatts AND y.indkey::text = x.indkey::text
      AND y.indclass::text = x.indclass::text AND y.indcollation::text = x.indcollation::text
      AND y.indoption::text = x.indoption::text
      AND pg_get_expr(y.indexprs, y.indrelid) IS NOT DISTINCT FROM pg_get_expr(x.indexprs, x.indrelid)
      AND pg_get_expr(y.indpred, y.indrelid) IS NOT DISTINCT FROM pg_get_expr(x.indpred, x.indrelid)
      -- Of two alike the one that keeps more stays, else the older.
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid)
      AND (y.indisunique, -y.indexrelid::bigint) > (x.indisunique, -x.indexrelid::bigint)
    ORDER BY y.indexrelid
    LIMIT 1
) AS twin ON true;

COMMENT ON VIEW v_index_health IS
    'Ours: what each index is worth: valid, needed, a duplicate, used, larger than it need be.';
