-- An array of ids cannot be a foreign key. These triggers refuse ids that nothing has when they are written; an id whose
-- row is deleted later stays, and does not keep the row that names it from being changed.
-- Arguments: the column, and the table that it points into.
-- SECURITY DEFINER: whether an id exists does not depend on what the writer may read.
CREATE OR REPLACE FUNCTION refuse_unknown_ids() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    v_named TEXT := 'SELECT unnest(%I) FROM written';
    v_unknown TEXT;
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        v_named := 'SELECT unnest(($1).%1$I) EXCEPT SELECT unnest(($2).%1$I)';
    END IF;
    EXECUTE format(
        'SELECT COALESCE(named.id::text, ''NULL'') FROM (' || v_named || ') AS named (id)
         WHERE NOT EXISTS (SELECT FROM %2$I AS known WHERE known.id = named.id) LIMIT 1', TG_ARGV[0], TG_ARGV[1]
    ) INTO v_unknown USING NEW, OLD;
    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION '%.% names %, which is not in %', TG_TABLE_NAME, TG_ARGV[0], v_unknown, TG_ARGV[1]
            USING ERRCODE = 'foreign_key_violation', HINT = format('Name ids of %s, or insert the row first.', TG_ARGV[1]);
    END IF;
    RETURN NULL;
END;
$$;

-- One look-up for a whole INSERT or COPY; an UPDATE looks only where the column is among those that it sets.
DO $$
DECLARE
    v_table TEXT;
    v_column TEXT;
    v_known TEXT;
BEGIN
    FOR v_table, v_column, v_known IN VALUES
        ('ml_training_data', 'optimal_techniques', 'techniques'),
        ('prompt_templates', 'technique_ids', 'techniques'),
        ('prompt_templates', 'intent_ids', 'intent_taxonomy'),
        ('prompt_examples', 'techniques_applied', 'techniques'),
        ('community_prompts', 'techniques_used', 'techniques'),
        ('user_learning_profiles', 'techniques_mastered', 'techniques'),
        ('user_learning_profiles', 'techniques_learning', 'techniques')
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER known_%2$s_on_insert AFTER INSERT ON %1$I REFERENCING NEW TABLE AS written
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_unknown_ids(%2$L, %3$L)', v_table, v_column, v_known);
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER known_%2$s_on_update AFTER UPDATE OF %2$I ON %1$I
             FOR EACH ROW WHEN (OLD.%2$I IS DISTINCT FROM NEW.%2$I)
             EXECUTE FUNCTION refuse_unknown_ids(%2$L, %3$L)', v_table, v_column, v_known);
    END LOOP;
END $$;
