-- updated_at says when a row's own content last changed. The arguments are the columns that are none.
CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        NEW.updated_at := OLD.updated_at;
    ELSE
        NEW.updated_at := NOW();
    END IF;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER set_updated_at
BEFORE UPDATE ON users
FOR EACH ROW EXECUTE FUNCTION set_updated_at('updated_at', 'created_at', 'last_login_at');

CREATE OR REPLACE TRIGGER set_updated_at
BEFORE UPDATE ON user_learning_profiles
FOR EACH ROW EXECUTE FUNCTION set_updated_at(
    'updated_at', 'total_prompts_created', 'successful_prompts', 'techniques_tried', 'average_prompt_complexity'
);

CREATE OR REPLACE TRIGGER set_updated_at
BEFORE UPDATE ON community_prompts
FOR EACH ROW EXECUTE FUNCTION set_updated_at(
    'updated_at', 'created_at', 'author_id', 'views', 'likes', 'saves', 'remix_count', 'search_vector'
);
