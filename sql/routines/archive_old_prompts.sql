-- Refuse what stands in the archive already with other content, as after a backup restored in part: only a person can
-- say which is right. Where the two say the same, the row may leave the history.
CREATE OR REPLACE FUNCTION refuse_archived_otherwise(p_ids UUID[], p_times TIMESTAMPTZ[]) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_id UUID;
BEGIN
    SELECT b.id INTO v_id
    FROM unnest(p_ids, p_times) AS b (id, created_at)
    JOIN prompt_history_archive a USING (id, created_at)
    JOIN prompt_history h USING (id, created_at)
    WHERE to_jsonb(h) <> to_jsonb(a) - 'archived_at'
    LIMIT 1;
    IF NOT FOUND THEN
        SELECT b.id INTO v_id
        FROM unnest(p_ids, p_times) AS b (id, created_at)
        JOIN enhancement_feedback f ON f.prompt_history_id = b.id AND f.prompt_history_created_at = b.created_at
        JOIN enhancement_feedback_archive a ON a.id = f.id
        WHERE to_jsonb(f) <> to_jsonb(a) - 'archived_at'
        LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'prompt % or its feedback stands in the archive already, with other content', v_id
            USING ERRCODE = 'unique_violation',
                  HINT = 'Nothing was moved. Compare the two rows and delete the one that is wrong.';
    END IF;
END;
$$;

-- Move prompts older than p_before (default: six months before today, UTC) to the archive with their feedback, and
-- return how many. All of it is one transaction: interrupted, it moved nothing. p_batch bounds the memory it takes.
-- Rows are locked and listed once, and only what is listed moves. What somebody else has in hand (rating a prompt,
-- commenting on it, deleting its user, archiving it too) is left for the next time: waiting for it could deadlock.
-- A column that the archive lacks ends the call, rather than being lost.
CREATE OR REPLACE FUNCTION archive_old_prompts(
    p_before TIMESTAMPTZ DEFAULT (date_trunc('day', NOW() AT TIME ZONE 'UTC') - INTERVAL '6 months') AT TIME ZONE 'UTC',
    p_batch INTEGER DEFAULT 20000
)
RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = public, pg_temp
-- With the values at hand PostgreSQL reads old months only, and hashes the lists.
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_ids UUID[];
    v_times TIMESTAMPTZ[];
    v_users UUID[];
    v_feedback UUID[];
    v_last_id UUID;
    v_last_time TIMESTAMPTZ := '-infinity';
    v_batch BIGINT;
    v_moved BIGINT := 0;
BEGIN
    IF p_before IS NULL OR p_batch IS NULL OR p_batch < 1 THEN
        RAISE EXCEPTION 'cannot archive what is older than % in batches of %', COALESCE(p_before::text, 'NULL'),
            COALESCE(p_batch::text, 'NULL') USING ERRCODE = '22023', HINT = 'Pass a time and a number above 0.';
    END IF;
    LOOP
        SELECT array_agg(o.id), array_agg(o.created_at) INTO v_ids, v_times
        FROM (
            SELECT id, created_at FROM prompt_history
            WHERE created_at < p_before AND created_at >= v_last_time
              AND (v_last_id IS NULL OR (created_at, id) > (v_last_time, v_last_id))
            ORDER BY created_at, id LIMIT p_batch
            FOR UPDATE SKIP LOCKED
        ) o;
        EXIT WHEN v_ids IS NULL;
        v_last_id := v_ids[cardinality(v_ids)];
        v_last_time := v_times[cardinality(v_times)];

        -- From here nobody can add feedback to a listed prompt. A statement of its own: it sees what came before.
        v_feedback := ARRAY(
            SELECT f.id FROM enhancement_feedback f
            JOIN unnest(v_ids, v_times) AS b (id, created_at)
              ON b.id = f.prompt_history_id AND b.created_at = f.prompt_history_created_at
            FOR UPDATE OF f SKIP LOCKED
        );
        v_users := ARRAY(
            SELECT u.id FROM users u
            WHERE u.id IN (SELECT h.user_id FROM prompt_history h JOIN unnest(v_ids, v_times) AS b (id, created_at)
                           USING (id, created_at) WHERE h.created_at BETWEEN v_times[1] AND v_last_time)
               OR u.id IN (SELECT f.user_id FROM enhancement_feedback f WHERE f.id = ANY (v_feedback))
            FOR KEY SHARE SKIP LOCKED
        );
        SELECT array_agg(h.id), array_agg(h.created_at) INTO v_ids, v_times
        FROM prompt_history h
        JOIN unnest(v_ids, v_times) AS b (id, created_at) USING (id, created_at)
        WHERE h.created_at BETWEEN v_times[1] AND v_last_time
          AND (h.user_id IS NULL OR h.user_id = ANY (v_users))
          AND NOT EXISTS (
              SELECT FROM enhancement_feedback f
              WHERE f.prompt_history_id = h.id AND f.prompt_history_created_at = h.created_at
                AND NOT (f.id = ANY (v_feedback) AND (f.user_id IS NULL OR f.user_id = ANY (v_users))));
        CONTINUE WHEN v_ids IS NULL;
        PERFORM refuse_archived_otherwise(v_ids, v_times);

        -- Leaving the history takes the feedback along; this statement still sees it.
        EXECUTE format(
            'WITH listed AS MATERIALIZED (
                 SELECT * FROM unnest($1, $2) AS l (id, created_at)
             ), gone AS (
                 DELETE FROM prompt_history h USING listed l
                 WHERE h.id = l.id AND h.created_at = l.created_at AND h.created_at <= $3
                 RETURNING h.*
             ), prompts AS (
                 INSERT INTO prompt_history_archive (%1$s) SELECT %1$s FROM gone ORDER BY created_at
                 ON CONFLICT (id, created_at) DO NOTHING
             ), feedback AS (
                 INSERT INTO enhancement_feedback_archive (%2$s) SELECT %2$s FROM enhancement_feedback
                 WHERE (prompt_history_id, prompt_history_created_at) IN (SELECT id, created_at FROM listed)
                 ON CONFLICT (id) DO NOTHING
             )
             SELECT count(*) FROM gone',
            columns_of('prompt_history'), columns_of('enhancement_feedback')
        ) INTO v_batch USING v_ids, v_times, v_last_time;
        v_moved := v_moved + v_batch;
    END LOOP;
    RETURN v_moved;
END;
$$;

REVOKE EXECUTE ON FUNCTION refuse_archived_otherwise(UUID[], TIMESTAMPTZ[]) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION archive_old_prompts(TIMESTAMPTZ, INTEGER) FROM PUBLIC;
