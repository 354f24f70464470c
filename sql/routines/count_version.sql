-- A version counts real changes. The arguments are the columns that are no content: counters, times, authorship.
-- An update that changes no content keeps version and time, whatever it sets them to; one that does takes the next
-- version, or the higher one that it names.
CREATE OR REPLACE FUNCTION count_version() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        NEW.version := OLD.version;
        NEW.updated_at := OLD.updated_at;
        RETURN NEW;
    END IF;
    NEW.version := GREATEST(NEW.version, OLD.version + 1);
    NEW.updated_at := NOW();
    IF TG_TABLE_NAME = 'technique_patterns' THEN
        -- Versions of one pattern may stand side by side: two edits at once must not take the same number.
        PERFORM pg_advisory_xact_lock(hashtextextended(NEW.technique_id || ' ' || NEW.pattern_name, 0));
        SELECT GREATEST(NEW.version, max(version) + 1) INTO NEW.version
        FROM technique_patterns
        WHERE technique_id = NEW.technique_id AND pattern_name = NEW.pattern_name;
    END IF;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER count_version
BEFORE UPDATE ON techniques
FOR EACH ROW EXECUTE FUNCTION count_version(
    'version', 'updated_at', 'created_at', 'created_by', 'search_vector'
);

CREATE OR REPLACE TRIGGER count_version
BEFORE UPDATE ON technique_patterns
FOR EACH ROW EXECUTE FUNCTION count_version(
    'version', 'updated_at', 'created_at', 'usage_count', 'success_rate', 'avg_user_rating', 'search_vector'
);

CREATE OR REPLACE TRIGGER count_version
BEFORE UPDATE ON prompt_templates
FOR EACH ROW EXECUTE FUNCTION count_version(
    'version', 'updated_at', 'created_at', 'created_by', 'usage_count', 'success_rate', 'community_rating',
    'search_vector'
);
