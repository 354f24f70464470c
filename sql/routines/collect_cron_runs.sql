-- Take what pg_cron has finished over into maintenance_runs, so that one table tells of every run; the number of rows.
-- Without pg_cron, or a right to look at its tables, there is nothing to take. pg_cron itself forgets nothing, so what
-- it keeps of our jobs goes after 90 days, as it does here.
CREATE OR REPLACE FUNCTION collect_cron_runs()
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    v_taken INTEGER := 0;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_namespace n
        WHERE n.nspname = 'cron' AND has_schema_privilege(n.oid, 'USAGE')
          AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron')
    ) THEN
        RETURN 0;
    END IF;
    -- By the command and not by pg_cron's number of the job, which is gone once the job has been taken back.
    INSERT INTO maintenance_runs (job_name, started_at, finished_at, state, message, ran_by, cron_run_id)
    SELECT j.name, COALESCE(d.start_time, d.end_time), d.end_time,
        CASE d.status WHEN 'succeeded' THEN 'done' ELSE 'failed' END, d.return_message, 'pg_cron', d.runid
    FROM cron.job_run_details d
    JOIN maintenance_jobs j ON j.statement = d.command
    WHERE d.database = current_database() AND d.end_time IS NOT NULL AND d.status IN ('succeeded', 'failed')
      AND d.end_time >= NOW() - INTERVAL '90 days'
    ON CONFLICT ON CONSTRAINT uk_maintenance_cron_run DO NOTHING;
    GET DIAGNOSTICS v_taken = ROW_COUNT;
    DELETE FROM cron.job_run_details d
    WHERE d.database = current_database() AND d.end_time < NOW() - INTERVAL '90 days'
      AND (d.command = 'SELECT public.collect_cron_runs()' OR d.command IN (SELECT statement FROM maintenance_jobs));
    RETURN v_taken;
END;
$$;
COMMENT ON FUNCTION collect_cron_runs() IS 'Ours: pg_cron''s run history, taken over into maintenance_runs.';
REVOKE ALL ON FUNCTION collect_cron_runs() FROM PUBLIC;
