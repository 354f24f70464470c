-- The tree of intents agrees with itself: a path is the parent's path and one segment more, and tree_sortkey follows.
-- SECURITY DEFINER: whoever may write an intent need not be allowed to lock its parent or to rewrite its branch.
CREATE OR REPLACE FUNCTION place_intent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    v_segment TEXT := substring(NEW.path FROM '[^.]*$');
    v_parent TEXT;
    v_problem TEXT;
BEGIN
    IF NEW.path IS NULL OR NEW.parent_id = NEW.id THEN
        RETURN NEW; -- the table's own constraints refuse these
    END IF;
    IF NEW.parent_id IS NOT NULL THEN
        -- The lock waits for a rename of the parent that is under way and holds off the next one.
        SELECT path INTO v_parent FROM intent_taxonomy WHERE id = NEW.parent_id FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no intent % to be the parent of "%"', NEW.parent_id, NEW.path
                USING ERRCODE = 'foreign_key_violation', HINT = 'Insert parents before their children.';
        END IF;
    END IF;

    IF TG_OP = 'UPDATE' THEN
        IF v_parent = OLD.path OR starts_with(v_parent, OLD.path || '.') THEN
            RAISE EXCEPTION 'the intent "%" cannot be moved below itself, to "%"', OLD.path, v_parent
                USING ERRCODE = 'check_violation', HINT = 'Choose a parent outside its own branch.';
        END IF;
        IF NEW.parent_id IS DISTINCT FROM OLD.parent_id AND NEW.path = OLD.path THEN
            NEW.path := concat_ws('.', v_parent, v_segment);
        END IF;
        IF NEW.level = OLD.level THEN
            NEW.level := cardinality(string_to_array(NEW.path, '.'));
        END IF;
    END IF;

    IF NEW.path <> concat_ws('.', v_parent, v_segment) THEN
        v_problem := format('does not fit its parent: expected "%s"', concat_ws('.', v_parent, v_segment));
    ELSIF v_segment !~ '^[^[:space:][:cntrl:]]+$' THEN
        v_problem := 'ends in a segment that is empty or has a space';
    ELSIF length(NEW.path) > 255 THEN
        v_problem := format('has %s characters and tree_sortkey holds 255', length(NEW.path));
    ELSIF TG_OP = 'UPDATE' AND OLD.code = OLD.path AND NEW.code = OLD.code AND length(NEW.path) > 100 THEN
        v_problem := format('has %s characters and the code, which is the same, holds 100', length(NEW.path));
    END IF;
    IF v_problem IS NOT NULL THEN
        RAISE EXCEPTION 'the path "%" %', NEW.path, v_problem USING ERRCODE = 'check_violation',
            HINT = 'A path is the path of its parent, a dot and one segment. To move an intent set parent_id; to rename '
                   'it change the last segment of path.';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.code = OLD.path AND NEW.code = OLD.code THEN
        NEW.code := NEW.path;
    END IF;
    NEW.tree_sortkey := replace(NEW.path, '.', ' ');
    RETURN NEW;
END;
$$;

-- Moving or renaming an intent takes its branch along, one level a call.
CREATE OR REPLACE FUNCTION carry_branch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE intent_taxonomy
    SET path = NEW.path || '.' || substring(path FROM '[^.]*$')
    WHERE parent_id = NEW.id;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE TRIGGER place_intent_on_insert
BEFORE INSERT ON intent_taxonomy
FOR EACH ROW EXECUTE FUNCTION place_intent();

CREATE OR REPLACE TRIGGER place_intent_on_update
BEFORE UPDATE ON intent_taxonomy
FOR EACH ROW WHEN (
    (OLD.parent_id, OLD.path, OLD.level, OLD.tree_sortkey)
    IS DISTINCT FROM (NEW.parent_id, NEW.path, NEW.level, NEW.tree_sortkey)
)
EXECUTE FUNCTION place_intent();

CREATE OR REPLACE TRIGGER carry_branch
AFTER UPDATE ON intent_taxonomy
FOR EACH ROW WHEN (OLD.path <> NEW.path)
EXECUTE FUNCTION carry_branch();
