-- Feedback names a prompt by its id alone; the key of the partitioned history also has the time. Fill it in.
CREATE OR REPLACE FUNCTION fill_feedback_key() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    SELECT created_at INTO NEW.prompt_history_created_at
    FROM prompt_history
    WHERE id = NEW.prompt_history_id
    ORDER BY created_at DESC
    LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no prompt % in prompt_history', NEW.prompt_history_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER fill_feedback_key
BEFORE INSERT ON enhancement_feedback
FOR EACH ROW WHEN (NEW.prompt_history_created_at IS NULL)
EXECUTE FUNCTION fill_feedback_key();
