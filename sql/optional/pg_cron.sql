-- Hand every enabled maintenance job to pg_cron, one statement a job, and take back what is no longer enabled or
-- there. Doing it again changes nothing. Where pg_cron cannot be used nothing happens but a notice that says why.
--   workbench maintain --hand-to-cron        or        psql -f sql/optional/pg_cron.sql
-- The jobs run as the owner of maintenance_jobs. With cron.use_background_workers = on that role needs no password;
-- without it pg_cron logs in over cron.host, and pg_hba.conf has to let it.
DO $$
DECLARE
    v_owner NAME := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'public.maintenance_jobs'::regclass);
    v_job RECORD;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_cron') THEN
        RAISE NOTICE 'pg_cron is not installed on this server.';
        RETURN;
    END IF;
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_cron;
        IF NOT has_schema_privilege(v_owner, 'cron', 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA cron TO %I', v_owner);
        END IF;
        IF NOT has_schema_privilege(v_owner, 'cron', 'USAGE') THEN
            RAISE NOTICE 'The role % may not use the schema cron.', v_owner;
            RETURN;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE '%', concat_ws(' ', SQLERRM || '.', CASE SQLSTATE WHEN '42501' THEN format(
            'A superuser has to run: CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO %I;', v_owner) END);
        RETURN;
    END;

    -- Only for this block: what the owner wrote must not run as the superuser who hands it over.
    PERFORM set_config('role', v_owner, true);
    PERFORM cron.unschedule(c.jobid)
    FROM cron.job c
    WHERE c.jobname LIKE 'workbench %' AND c.database = current_database() AND c.username = v_owner
      AND NOT EXISTS (
          SELECT FROM public.maintenance_jobs m WHERE m.is_enabled AND 'workbench ' || m.name = c.jobname);
    FOR v_job IN SELECT name, schedule, statement FROM public.maintenance_jobs WHERE is_enabled ORDER BY position
    LOOP
        PERFORM cron.schedule('workbench ' || v_job.name, v_job.schedule, v_job.statement);
    END LOOP;
    -- Ours beside the jobs: pg_cron's history comes into maintenance_runs.
    PERFORM cron.schedule('workbench (collect runs)', '5 * * * *', 'SELECT public.collect_cron_runs()');
END;
$$;
