-- Who made, applied and undid a batch, and when, is what the server saw, whatever the client says.
CREATE OR REPLACE FUNCTION stamp_effectiveness_batch() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := NOW();
        NEW.created_by := session_user;
        NEW.state := 'staged';
        RETURN NEW;
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'staged' THEN
        RAISE EXCEPTION 'batch % was applied and cannot be staged again', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'applied' THEN
        NEW.applied_at := NOW();
        NEW.applied_by := session_user;
        NEW.undone_at := NULL;
        NEW.undone_by := NULL;
    ELSE
        NEW.undone_at := NOW();
        NEW.undone_by := session_user;
    END IF;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER stamp_effectiveness_batch
BEFORE INSERT OR UPDATE ON effectiveness_batches
FOR EACH ROW EXECUTE FUNCTION stamp_effectiveness_batch();
