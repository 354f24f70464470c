-- Make the partition of the month that holds p_month (default: next month). Doing it again changes nothing.
-- Rows of that month that were caught by the default partition move into it, with their feedback.
-- Bounds are UTC, whatever the session's time zone: two sessions must agree where a month starts.
CREATE OR REPLACE FUNCTION create_monthly_partition(
    p_month DATE DEFAULT (date_trunc('month', NOW() AT TIME ZONE 'UTC') + INTERVAL '1 month')::date
)
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
    v_first DATE := date_trunc('month', p_month)::date;
    v_from TIMESTAMPTZ := v_first;
    v_to TIMESTAMPTZ := v_first + INTERVAL '1 month';
    v_name TEXT := 'prompt_history_' || to_char(v_first, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('create_monthly_partition'));
    IF to_regclass(format('public.%I', v_name)) IS NOT NULL THEN
        RETURN;
    END IF;
    -- In the order in which a writer of feedback takes them: the other way round the two would deadlock.
    LOCK TABLE enhancement_feedback IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE prompt_history_default IN ACCESS EXCLUSIVE MODE;

    -- Leaving the default partition is a DELETE, and that cascades to feedback: keep it aside for the moment.
    CREATE TEMP TABLE moving_feedback ON COMMIT DROP AS
    SELECT * FROM enhancement_feedback
    WHERE prompt_history_created_at >= v_from AND prompt_history_created_at < v_to;

    EXECUTE format('CREATE TABLE %I (LIKE prompt_history INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
    EXECUTE format(
        'WITH moved AS (DELETE FROM prompt_history_default WHERE created_at >= %L AND created_at < %L RETURNING *)
         INSERT INTO %I SELECT * FROM moved', v_from, v_to, v_name);
    EXECUTE format('ALTER TABLE prompt_history ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', v_name, v_from, v_to);

    INSERT INTO enhancement_feedback SELECT * FROM moving_feedback ON CONFLICT (id) DO NOTHING;
    DROP TABLE moving_feedback;
END;
$$;
