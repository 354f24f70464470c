-- Make the partitions of the last month, this one and the next, and of every month that has rows in the default
-- partition. Returns how many were missing. Years that have no partition (see create_monthly_partition) are left there.
CREATE OR REPLACE FUNCTION create_missing_partitions() RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    v_this TIMESTAMP := date_trunc('month', NOW() AT TIME ZONE 'UTC');
    v_months DATE[];
    v_month DATE;
BEGIN
    -- Listed before the first is made: no partition can be attached while a query still reads the table.
    v_months := ARRAY(
        SELECT month FROM (
            SELECT (v_this + m * INTERVAL '1 month')::date AS month FROM generate_series(-1, 1) AS m
            UNION
            SELECT date_trunc('month', created_at AT TIME ZONE 'UTC')::date
            FROM prompt_history_default
            WHERE created_at >= '1000-01-01Z' AND created_at < '10000-01-01Z'
        ) wanted
        WHERE to_regclass('public.prompt_history_' || to_char(month, 'YYYY_MM')) IS NULL
        ORDER BY month
    );
    FOREACH v_month IN ARRAY v_months LOOP
        PERFORM create_monthly_partition(v_month);
    END LOOP;
    RETURN cardinality(v_months);
END;
$$;

REVOKE EXECUTE ON FUNCTION create_missing_partitions() FROM PUBLIC;
