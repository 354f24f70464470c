-- Count yesterday and the day before, and every past day that late prompts or ratings changed. Yesterday alone would
-- miss what a transaction writes that began before midnight and ended after the last count.
CREATE OR REPLACE PROCEDURE update_due_analytics()
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    v_today DATE := (NOW() AT TIME ZONE 'UTC')::date;
    v_days DATE[];
    v_day DATE;
BEGIN
    -- Two at once: the second waits here and then finds the days done.
    PERFORM pg_advisory_xact_lock(hashtextextended('update_technique_analytics', 0));
    -- First the notes, then the days: what is written meanwhile leaves a note of its own for the next time.
    WITH taken AS (DELETE FROM analytics_days_to_recompute RETURNING date_bucket)
    SELECT array_agg(date_bucket ORDER BY date_bucket) INTO v_days
    FROM (SELECT date_bucket FROM taken UNION VALUES (v_today - 2), (v_today - 1)) due;
    FOREACH v_day IN ARRAY v_days LOOP
        CALL update_technique_analytics(v_day);
    END LOOP;
END;
$$;

REVOKE EXECUTE ON PROCEDURE update_due_analytics() FROM PUBLIC;
