-- A prompt or a rating that comes late, changes or goes changes the analytics of a day that is counted already.
-- Statement triggers note such days; today is left out, so that what the assistant writes all day notes nothing.
-- SECURITY DEFINER: whoever may write history need not be able to touch the notes.
CREATE OR REPLACE FUNCTION mark_days_with_new_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'enhancement_feedback' THEN
        INSERT INTO analytics_days_to_recompute (date_bucket)
        SELECT DISTINCT (prompt_history_created_at AT TIME ZONE 'UTC')::date FROM new_rows
        WHERE prompt_history_created_at < date_trunc('day', NOW(), 'UTC') AND isfinite(prompt_history_created_at);
    ELSE
        INSERT INTO analytics_days_to_recompute (date_bucket)
        SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date FROM new_rows
        WHERE created_at < date_trunc('day', NOW(), 'UTC') AND isfinite(created_at);
    END IF;
    RETURN NULL;
END;
$$;

-- What was archived is still counted, so its leaving is no change. What leaves the archive is one.
CREATE OR REPLACE FUNCTION mark_days_with_old_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME LIKE 'enhancement_feedback%' THEN
        INSERT INTO analytics_days_to_recompute (date_bucket)
        SELECT DISTINCT (prompt_history_created_at AT TIME ZONE 'UTC')::date FROM old_rows o
        WHERE prompt_history_created_at < date_trunc('day', NOW(), 'UTC') AND isfinite(prompt_history_created_at)
          AND NOT EXISTS (SELECT FROM enhancement_feedback_archive a WHERE a.id = o.id);
    ELSE
        INSERT INTO analytics_days_to_recompute (date_bucket)
        SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date FROM old_rows o
        WHERE created_at < date_trunc('day', NOW(), 'UTC') AND isfinite(created_at)
          AND NOT EXISTS (
              SELECT FROM prompt_history_archive a WHERE a.id = o.id AND a.created_at = o.created_at);
    END IF;
    RETURN NULL;
END;
$$;

REVOKE EXECUTE ON FUNCTION mark_days_with_new_rows(), mark_days_with_old_rows() FROM PUBLIC;

-- PostgreSQL gives a trigger its rows for one event only.
CREATE OR REPLACE TRIGGER mark_days_inserted AFTER INSERT ON prompt_history
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_new_rows();

CREATE OR REPLACE TRIGGER mark_days_updated_to AFTER UPDATE ON prompt_history
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_new_rows();

CREATE OR REPLACE TRIGGER mark_days_updated_from AFTER UPDATE ON prompt_history
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_old_rows();

CREATE OR REPLACE TRIGGER mark_days_deleted AFTER DELETE ON prompt_history
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_old_rows();

CREATE OR REPLACE TRIGGER mark_days_inserted AFTER INSERT ON enhancement_feedback
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_new_rows();

CREATE OR REPLACE TRIGGER mark_days_updated_to AFTER UPDATE ON enhancement_feedback
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_new_rows();

CREATE OR REPLACE TRIGGER mark_days_updated_from AFTER UPDATE ON enhancement_feedback
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_old_rows();

CREATE OR REPLACE TRIGGER mark_days_deleted AFTER DELETE ON enhancement_feedback
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_old_rows();

CREATE OR REPLACE TRIGGER mark_days_deleted AFTER DELETE ON prompt_history_archive
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_old_rows();

CREATE OR REPLACE TRIGGER mark_days_deleted AFTER DELETE ON enhancement_feedback_archive
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_days_with_old_rows();
