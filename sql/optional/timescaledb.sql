-- Weeks of technique analytics by TimescaleDB's time_bucket, for dashboards that expect it. Nothing else uses it: the
-- seed calls TimescaleDB optional, and months and days are plain PostgreSQL's. Without the extension nothing happens
-- but a notice.
--   workbench db shell < sql/optional/timescaledb.sql        or        psql -f sql/optional/timescaledb.sql
DO $$
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'TimescaleDB cannot be used here: %', SQLERRM;
        RETURN;
    END;
    -- A schema of its own: what is optional is no part of the schema that every database has.
    CREATE SCHEMA IF NOT EXISTS optional;
    -- EXECUTE: time_bucket is unknown where the extension is absent.
    EXECUTE $view$
        CREATE OR REPLACE VIEW optional.v_technique_weeks WITH (security_invoker = true) AS
        SELECT
            technique_id,
            time_bucket('7 days', date_bucket) AS week,
            SUM(total_uses) AS total_uses,
            ROUND(SUM(success_rate * total_uses) / NULLIF(SUM(total_uses) FILTER (WHERE success_rate IS NOT NULL), 0), 2)
                AS success_rate,
            ROUND(AVG(adoption_rate), 4) AS adoption_rate
        FROM public.technique_performance_analytics
        GROUP BY technique_id, week
    $view$;
END;
$$;
