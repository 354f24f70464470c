-- What the doctor looks for. Where something can be mended with one command, the last column is that command.

-- name: be_brief
-- Looking must not wait behind a migration's lock, nor keep a busy server busy.
SELECT set_config('statement_timeout', '30s', false), set_config('lock_timeout', '500ms', false)

-- name: enters_schema
SELECT has_schema_privilege('public', 'USAGE')

-- name: sees_others
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')

-- name: size
SELECT pg_size_pretty(pg_database_size(current_database()))

-- name: largest_tables
SELECT tablename::text, size FROM v_table_sizes WHERE kind <> 'partition' LIMIT 3

-- name: bloated_tables
SELECT format('%%I.%%I', schemaname, tablename), pg_size_pretty(heap_bytes), pg_size_pretty(expected_bytes),
       format('VACUUM (FULL, ANALYZE) %%I.%%I', schemaname, tablename)
FROM v_table_health
WHERE heap_bytes >= %(bytes)s AND heap_bytes > %(times)s * expected_bytes
ORDER BY heap_bytes DESC

-- name: unvacuumed_tables
SELECT format('%%I.%%I', schemaname, tablename), dead_rows, live_rows,
       format('VACUUM (ANALYZE) %%I.%%I', schemaname, tablename) || CASE WHEN has_autovacuum THEN ''
           ELSE format('; ALTER TABLE %%I.%%I RESET (autovacuum_enabled)', schemaname, tablename) END
FROM v_table_health
WHERE dead_rows >= %(rows)s AND dead_rows > live_rows
ORDER BY dead_rows DESC

-- name: autovacuum
SELECT current_setting('autovacuum')::boolean AND current_setting('track_counts')::boolean

-- name: unanalysed_tables
-- Those that autovacuum will not come to by itself: partitioned ones, those it is switched off for, and those in which
-- nothing has changed since a restore or an upgrade that brought no statistics.
SELECT format('%%I.%%I', h.schemaname, h.tablename), pg_size_pretty(whole.bytes),
       format('ANALYZE %%I.%%I', h.schemaname, h.tablename)
FROM v_table_health h
CROSS JOIN LATERAL (
    SELECT sum(pg_relation_size(COALESCE(part.relid, h.relid))) AS bytes
    FROM (VALUES (1)) AS once LEFT JOIN pg_partition_tree(h.relid) AS part ON true
) AS whole
WHERE h.last_analyze IS NULL AND h.estimated_rows IS NULL AND whole.bytes >= %(bytes)s
  AND (h.is_partitioned OR NOT h.has_autovacuum
       OR h.changed_rows <= current_setting('autovacuum_analyze_threshold')::integer)
ORDER BY whole.bytes DESC

-- name: age
-- Transactions since the oldest row that is not frozen, and the table of ours that has it.
SELECT
    GREATEST(age(d.datfrozenxid), mxid_age(d.datminmxid)),
    (SELECT format('%%I.%%I', h.schemaname, h.tablename) FROM v_table_health h
     ORDER BY h.transaction_age DESC NULLS LAST LIMIT 1)
FROM pg_database d
WHERE d.datname = current_database() AND GREATEST(age(d.datfrozenxid), mxid_age(d.datminmxid)) >= %(transactions)s

-- name: invalid_indexes
-- Also a partition's own, and those that a failed REINDEX CONCURRENTLY left behind; not those that are being built.
SELECT format('%I.%I', u.schemaname, u.indexname), format('%I.%I', u.schemaname, u.tablename), u.is_unique,
       format('REINDEX INDEX CONCURRENTLY %I.%I', u.schemaname, u.indexname)
FROM v_index_usage u
WHERE NOT u.is_valid
  AND u.indexrelid NOT IN (
      SELECT index_relid FROM pg_stat_progress_create_index WHERE datname = current_database() AND index_relid <> 0
  )
ORDER BY 1

-- name: duplicate_indexes
SELECT format('%I.%I', schemaname, indexname), duplicate_of::text, format('DROP INDEX %I.%I', schemaname, indexname)
FROM v_index_health
WHERE duplicate_of IS NOT NULL AND is_valid
ORDER BY 1

-- name: unused_indexes
-- Counted long enough, while the table was asked often enough, of an index large enough to care.
SELECT format('%%I.%%I', schemaname, indexname), pg_size_pretty(size_bytes), counted_since::date,
       format('DROP INDEX %%I.%%I', schemaname, indexname)
FROM v_index_health
WHERE scans = 0 AND NOT is_needed AND is_valid AND duplicate_of IS NULL
  AND size_bytes >= %(bytes)s AND table_scans >= %(scans)s
  AND counted_since <= now() - make_interval(days => %(days)s)
ORDER BY size_bytes DESC

-- name: bloated_indexes
SELECT format('%%I.%%I', schemaname, indexname), pg_size_pretty(size_bytes), pg_size_pretty(expected_bytes),
       format('REINDEX INDEX CONCURRENTLY %%I.%%I', schemaname, indexname)
FROM v_index_health
WHERE size_bytes >= %(bytes)s AND size_bytes > %(times)s * expected_bytes
ORDER BY size_bytes DESC

-- name: unproven_constraints
-- Added NOT VALID and never checked against the rows that were there.
SELECT c.conname::text, c.conrelid::regclass::text,
       'ALTER TABLE ' || c.conrelid::regclass || ' VALIDATE CONSTRAINT ' || quote_ident(c.conname)
FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid
WHERE NOT c.convalidated AND c.contype IN ('c', 'f', 'n') AND t.relnamespace <> 'pg_catalog'::regnamespace
ORDER BY 1

-- name: disabled_triggers
-- Foreign keys are triggers as well: a restore that was cut off may leave them switched off.
SELECT t.tgrelid::regclass::text, count(*), 'ALTER TABLE ' || t.tgrelid::regclass || ' ENABLE TRIGGER ALL'
FROM pg_trigger t
WHERE t.tgenabled = 'D'
GROUP BY t.tgrelid
ORDER BY 1

-- name: connections
-- Used and usable: of the server (what is kept for superusers left out), or of the database where that is less.
SELECT used.number, usable.number
FROM pg_database d
CROSS JOIN LATERAL (
    SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
           - COALESCE(current_setting('reserved_connections', true)::integer, 0) AS number
) AS server
CROSS JOIN LATERAL (
    SELECT d.datconnlimit BETWEEN 0 AND server.number AS is_lower
) AS own
CROSS JOIN LATERAL (
    SELECT CASE WHEN own.is_lower THEN d.datconnlimit ELSE server.number END AS number
) AS usable
CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM pg_stat_activity a
    WHERE a.backend_type = 'client backend' AND (a.datid = d.oid OR NOT own.is_lower)
) AS used
WHERE d.datname = current_database()

-- name: idle_transactions
SELECT pid, application_name, (extract(epoch FROM now() - state_change) / 60)::integer,
       'SELECT pg_terminate_backend(' || pid || ')'
FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%%' AND pid <> pg_backend_pid()
  AND state_change <= now() - make_interval(mins => %(minutes)s)
ORDER BY state_change

-- name: long_statements
SELECT pid, application_name, (extract(epoch FROM now() - query_start) / 60)::integer,
       'SELECT pg_cancel_backend(' || pid || ')'
FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND backend_type = 'client backend'
  AND pid <> pg_backend_pid() AND query_start <= now() - make_interval(mins => %(minutes)s)
ORDER BY query_start

-- name: prepared_transactions
SELECT gid, format('ROLLBACK PREPARED %%L', gid) FROM pg_prepared_xacts
WHERE database = current_database() AND prepared <= now() - make_interval(mins => %(minutes)s)
ORDER BY prepared

-- name: holding_slots
-- A follower that is gone keeps its slot, and the slot keeps the write-ahead log until the disk is full.
SELECT s.slot_name::text, pg_size_pretty(kept.bytes), format('SELECT pg_drop_replication_slot(%%L)', s.slot_name)
FROM pg_replication_slots s
CROSS JOIN LATERAL (
    SELECT pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, s.restart_lsn
    ) AS bytes
) AS kept
WHERE NOT s.active AND kept.bytes >= %(bytes)s
ORDER BY kept.bytes DESC

-- name: cache
SELECT blks_hit, blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()

-- name: shared_buffers
SELECT current_setting('shared_buffers')

-- name: slow_statements
SELECT query, calls, mean_exec_time FROM v_slow_queries WHERE calls >= %(calls)s
