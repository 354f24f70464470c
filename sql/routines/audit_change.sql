-- Who changed what in the curated tables. What people wrote for themselves stays out of the log.

-- A community prompt is curated only as far as moderators decide about it. Generated columns say nothing new.
CREATE OR REPLACE FUNCTION audited_part(p_table TEXT, p_row JSONB) RETURNS JSONB
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN CASE p_table
    WHEN 'community_prompts' THEN jsonb_build_object(
        'moderation_status', p_row -> 'moderation_status',
        'is_featured', p_row -> 'is_featured',
        'is_verified', p_row -> 'is_verified'
    )
    ELSE p_row - 'search_vector'
END;

-- Of a template that its author keeps private, and of an example that is not known to be ours, the log says which
-- columns changed but not what stands in them.
CREATE OR REPLACE FUNCTION withheld_columns(p_table TEXT, p_row JSONB) RETURNS TEXT[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN CASE
    WHEN p_table = 'prompt_templates' AND p_row -> 'is_public' = 'false' AND p_row -> 'is_official' = 'false'
    THEN '{name,template_text,variables,tags}'::text[]
    WHEN p_table = 'prompt_examples' AND COALESCE(p_row ->> 'source', '') NOT IN ('curated', 'synthetic')
    THEN '{original_prompt,enhanced_prompt,explanation,key_improvements}'::text[]
    ELSE '{}'::text[]
END;

-- The arguments are the columns of the primary key. SECURITY DEFINER: writers need no grant on the log, and cannot forge.
CREATE OR REPLACE FUNCTION audit_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    v_old JSONB := audited_part(TG_TABLE_NAME, to_jsonb(OLD));
    v_new JSONB := audited_part(TG_TABLE_NAME, to_jsonb(NEW));
    v_row JSONB := COALESCE(to_jsonb(NEW), to_jsonb(OLD));
    v_withheld TEXT[] := withheld_columns(TG_TABLE_NAME, v_old) || withheld_columns(TG_TABLE_NAME, v_new);
    v_changes JSONB;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(key, CASE WHEN key = ANY (v_withheld) THEN '{"withheld": true}'
                                          ELSE jsonb_build_object('old', o.value, 'new', n.value) END)
        INTO v_changes
        FROM jsonb_each(v_old) AS o
        JOIN jsonb_each(v_new) AS n USING (key)
        WHERE o.value <> n.value
            AND key NOT IN ('updated_at', 'last_calculated', 'usage_count', 'usage_frequency', 'success_rate',
                            'avg_user_rating', 'community_rating');
        IF v_changes IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    -- Inside this function current_user is its owner; the setting still says which role the session took on.
    INSERT INTO audit_log (
        login_role, acting_role, app_user_id, application_name, table_name, action, row_key, row_data, changes
    ) VALUES (
        session_user, COALESCE(NULLIF(current_setting('role'), 'none'), session_user),
        NULLIF(current_setting('app.current_user_id', true), ''), current_setting('application_name'),
        TG_TABLE_NAME, TG_OP, (SELECT jsonb_object_agg(name, v_row -> name) FROM unnest(TG_ARGV) AS name),
        CASE TG_OP WHEN 'INSERT' THEN v_new WHEN 'DELETE' THEN v_old END - v_withheld, v_changes
    );
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION keep_audit_log() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'audit_log only grows: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE OR REPLACE TRIGGER keep_audit_log
BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log();

DO $$
DECLARE
    v_table TEXT;
    v_key TEXT;
    v_events TEXT;
BEGIN
    FOR v_table, v_key, v_events IN VALUES
        ('techniques', 'id', 'INSERT OR UPDATE OR DELETE'),
        ('technique_patterns', 'id', 'INSERT OR UPDATE OR DELETE'),
        ('intent_taxonomy', 'id', 'INSERT OR UPDATE OR DELETE'),
        ('intent_technique_effectiveness', 'intent_id, technique_id', 'INSERT OR UPDATE OR DELETE'),
        ('effectiveness_batches', 'id', 'INSERT OR UPDATE OR DELETE'),
        ('prompt_templates', 'id', 'INSERT OR UPDATE OR DELETE'),
        ('prompt_examples', 'id', 'INSERT OR UPDATE OR DELETE'),
        ('ml_model_performance', 'id', 'INSERT OR UPDATE OR DELETE'),
        ('ab_experiments', 'id', 'INSERT OR UPDATE OR DELETE'),
        ('community_prompts', 'id', 'UPDATE OR DELETE')
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER audit_change AFTER %s ON %I FOR EACH ROW EXECUTE FUNCTION audit_change(%s)',
            v_events, v_table, v_key);
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON %I
             FOR EACH STATEMENT EXECUTE FUNCTION audit_change()', v_table);
    END LOOP;
END $$;

-- What a person posts waits for moderators; only what arrives decided already is a decision to record.
CREATE OR REPLACE TRIGGER audit_decided
AFTER INSERT ON community_prompts
FOR EACH ROW WHEN (NEW.moderation_status <> 'pending' OR NEW.is_featured OR NEW.is_verified)
EXECUTE FUNCTION audit_change('id');
