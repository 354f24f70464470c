-- Everything that a new partition needs, or nothing. Writers take these tables in any order, so waiting for one with
-- another in hand would end in deadlocks: wait for one alone, try the rest, and on failure let go and begin elsewhere.
CREATE OR REPLACE FUNCTION lock_history_for_partition() RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    LOCK TABLE ONLY prompt_history IN SHARE UPDATE EXCLUSIVE MODE;
    FOR v_attempt IN 1..60 LOOP
        BEGIN
            CASE v_attempt % 3
                WHEN 0 THEN LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;
                WHEN 1 THEN LOCK TABLE enhancement_feedback IN SHARE ROW EXCLUSIVE MODE;
                ELSE LOCK TABLE prompt_history_default IN ACCESS EXCLUSIVE MODE;
            END CASE;
            LOCK TABLE users, enhancement_feedback IN SHARE ROW EXCLUSIVE MODE NOWAIT;
            LOCK TABLE prompt_history_default IN ACCESS EXCLUSIVE MODE NOWAIT;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
    RAISE EXCEPTION 'prompt_history is too busy to make a partition'
        USING ERRCODE = 'lock_not_available', HINT = 'Nothing was changed. Try again when fewer transactions are open.';
END;
$$;

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
    v_first DATE := CASE WHEN isfinite(p_month) THEN date_trunc('month', p_month)::date END;
    v_from TIMESTAMPTZ := v_first;
    v_to TIMESTAMPTZ := v_first + INTERVAL '1 month';
    v_name TEXT := 'prompt_history_' || to_char(v_first, 'YYYY_MM');
    v_columns TEXT := columns_of('prompt_history');
    v_moved BIGINT;
BEGIN
    -- Outside these years the name would not have four digits, and BC and AD would share one.
    IF p_month IS NULL OR v_first IS NULL OR NOT v_first BETWEEN '1000-01-01' AND '9999-12-01' THEN
        RAISE EXCEPTION 'there is no partition for the month of %', COALESCE(p_month::text, 'NULL')
            USING ERRCODE = '22023', HINT = 'Pass a day of the years 1000 to 9999.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('create_monthly_partition'));
    IF to_regclass(format('public.%I', v_name)) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM lock_history_for_partition();

    -- Leaving the default partition is a DELETE, and that cascades to feedback: keep it aside for the moment.
    -- Nothing about it changes, so none of its triggers shall think so.
    CREATE TEMP TABLE moving_feedback ON COMMIT DROP AS
    SELECT * FROM enhancement_feedback
    WHERE prompt_history_created_at >= v_from AND prompt_history_created_at < v_to;
    ALTER TABLE enhancement_feedback DISABLE TRIGGER USER;

    EXECUTE format('CREATE TABLE %I (LIKE prompt_history INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
                   'INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION)', v_name);
    -- A partition named directly is asked for its own row security, never for its parent's.
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_name);
    EXECUTE format(
        'WITH moved AS (DELETE FROM prompt_history_default WHERE created_at >= %L AND created_at < %L RETURNING %s)
         INSERT INTO %I (%s) SELECT %s FROM moved', v_from, v_to, v_columns, v_name, v_columns, v_columns);
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    EXECUTE format('ALTER TABLE prompt_history ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', v_name, v_from, v_to);

    INSERT INTO enhancement_feedback SELECT * FROM moving_feedback;
    ALTER TABLE enhancement_feedback ENABLE TRIGGER USER;
    DROP TABLE moving_feedback;
    IF v_moved > 0 THEN
        EXECUTE format('ANALYZE %I', v_name);
    END IF;
END;
$$;

REVOKE EXECUTE ON FUNCTION lock_history_for_partition(), create_monthly_partition(DATE) FROM PUBLIC;
