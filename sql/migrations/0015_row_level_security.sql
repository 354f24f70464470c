-- Nobody but the owner sees a person's rows unless a policy says so. The policies stand in sql/access, beside the grants:
-- they name roles, which belong to the cluster and may be made after the schema. No FORCE: the owner's jobs (archive,
-- analytics, partitions) work on everybody's rows, and no application logs in as the owner.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_learning_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE prompt_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE prompt_history_archive ENABLE ROW LEVEL SECURITY;
ALTER TABLE enhancement_feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE enhancement_feedback_archive ENABLE ROW LEVEL SECURITY;
ALTER TABLE prompt_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE prompt_examples ENABLE ROW LEVEL SECURITY;
ALTER TABLE community_prompts ENABLE ROW LEVEL SECURITY;
ALTER TABLE community_interactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;

-- A partition does not inherit it: without this, one that is named directly would show every row.
DO $$
DECLARE
    v_partition REGCLASS;
BEGIN
    FOR v_partition IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'prompt_history'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', v_partition);
    END LOOP;
END $$;

-- What data scientists may know of a use without knowing whose it was. A pseudonym is drawn, not computed: no digest of
-- an id, which whoever holds a list of ids could compute again.
ALTER TABLE users ADD COLUMN pseudonym UUID NOT NULL DEFAULT gen_random_uuid();
COMMENT ON COLUMN users.pseudonym IS 'Ours: stands for the user in de-identified history; drawn at random.';

ALTER TABLE prompt_history
    ADD COLUMN user_pseudonym UUID,
    ADD COLUMN propensity DOUBLE PRECISION,
    ADD COLUMN simulation VARCHAR(100);
ALTER TABLE prompt_history_archive
    ADD COLUMN user_pseudonym UUID,
    ADD COLUMN propensity DOUBLE PRECISION,
    ADD COLUMN simulation VARCHAR(100);
COMMENT ON COLUMN prompt_history.user_pseudonym IS 'Ours: the pseudonym of the user; a trigger fills it.';
COMMENT ON COLUMN prompt_history.propensity IS
    'Ours: the probability in enhancement_metadata with which the techniques were chosen; a trigger copies it.';
COMMENT ON COLUMN prompt_history.simulation IS
    'Ours: the name in enhancement_metadata of the simulation that wrote the row; a trigger copies it.';
COMMENT ON COLUMN prompt_history_archive.user_pseudonym IS 'Ours: as in prompt_history.';
COMMENT ON COLUMN prompt_history_archive.propensity IS 'Ours: as in prompt_history.';
COMMENT ON COLUMN prompt_history_archive.simulation IS 'Ours: as in prompt_history.';

UPDATE prompt_history h
SET user_pseudonym = (SELECT u.pseudonym FROM users u WHERE u.id = h.user_id),
    propensity = CASE
        WHEN jsonb_typeof(enhancement_metadata -> 'propensity') = 'number'
             AND (enhancement_metadata ->> 'propensity')::numeric BETWEEN 1e-300 AND 1
        THEN (enhancement_metadata ->> 'propensity')::float8
    END,
    simulation = CASE WHEN is_synthetic THEN left(enhancement_metadata ->> 'simulation', 100) END
WHERE user_id IS NOT NULL OR enhancement_metadata IS NOT NULL;
