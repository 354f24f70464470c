-- The roles are groups without a login: an administrator makes logins and puts each into one of them. They belong to
-- the cluster, so another of its databases may have made them, or be making them at this moment.
DO $$
DECLARE
    v_role NAME;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['application_user', 'workbench', 'reviewer']::name[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
            EXCEPTION
                WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
            END;
        END IF;
    END LOOP;
END $$;
