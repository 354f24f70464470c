-- What moderators approved is the text that they read. An author who changes it puts it before them again; whoever
-- changes the status in the same statement has decided.
CREATE OR REPLACE FUNCTION moderate_again() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.moderation_status := 'pending';
    NEW.is_featured := false;
    NEW.is_verified := false;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER moderate_again
BEFORE UPDATE OF title, description, original_prompt, enhanced_prompt, category, tags ON community_prompts
FOR EACH ROW WHEN (
    OLD.moderation_status <> 'pending' AND NEW.moderation_status = OLD.moderation_status
    AND (OLD.title, OLD.description, OLD.original_prompt, OLD.enhanced_prompt, OLD.category, OLD.tags)
        IS DISTINCT FROM
        (NEW.title, NEW.description, NEW.original_prompt, NEW.enhanced_prompt, NEW.category, NEW.tags)
)
EXECUTE FUNCTION moderate_again();
