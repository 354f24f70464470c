-- The statistics of statements live in an extension that may be absent, installed without being loaded when the server
-- started, or installed later and in any schema. So the view stands on a function that looks for them at each call and
-- has no rows where there are none: no migration has to be run again when they come.
CREATE OR REPLACE FUNCTION statement_statistics()
RETURNS TABLE (
    query TEXT,
    calls BIGINT,
    mean_exec_time DOUBLE PRECISION,
    total_exec_time DOUBLE PRECISION,
    stddev_exec_time DOUBLE PRECISION
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_schema NAME := (
        SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_stat_statements'
    );
BEGIN
    IF v_schema IS NULL THEN
        RETURN;
    END IF;
    -- Only this database's. The text of another role's statement is hidden from those who are not in
    -- pg_read_all_stats; its numbers alone would help nobody.
    RETURN QUERY EXECUTE format(
        'SELECT s.query, s.calls, s.mean_exec_time, s.total_exec_time, s.stddev_exec_time
         FROM %I.pg_stat_statements s
         WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
           AND s.query <> ''<insufficient privilege>''', v_schema);
EXCEPTION
    WHEN object_not_in_prerequisite_state THEN
        RETURN;
END;
$$;

COMMENT ON FUNCTION statement_statistics() IS
    'Ours: statement statistics of this database (times in ms); no rows where the server keeps none.';

CREATE OR REPLACE VIEW v_slow_queries WITH (security_invoker = true) AS
SELECT query, calls, mean_exec_time, total_exec_time, stddev_exec_time
FROM statement_statistics()
WHERE mean_exec_time > 100
ORDER BY mean_exec_time DESC
LIMIT 20;

COMMENT ON VIEW v_slow_queries IS 'The 20 slowest statements of this database that take more than 100 ms on average.';
