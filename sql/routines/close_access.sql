-- Take back everything that p_role has in the schema: its policies and its grants. The files of sql/access begin with
-- it, so that what such a file no longer says is no longer true.
CREATE OR REPLACE PROCEDURE close_access(p_role NAME)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_oid OID := (SELECT oid FROM pg_roles WHERE rolname = p_role);
    v_statement TEXT;
BEGIN
    FOR v_statement IN
        SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass)
        FROM pg_policy
        WHERE polroles = ARRAY[v_oid]
        UNION ALL
        SELECT format('REVOKE ALL ON TABLE %s FROM %I', c.oid::regclass, p_role)
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
          AND EXISTS (
              SELECT FROM aclexplode(c.relacl) AS granted WHERE granted.grantee = v_oid
              UNION ALL
              SELECT FROM pg_attribute a, aclexplode(a.attacl) AS granted
              WHERE a.attrelid = c.oid AND granted.grantee = v_oid
          )
        UNION ALL
        SELECT format('REVOKE ALL ON SEQUENCE %s FROM %I', c.oid::regclass, p_role)
        FROM pg_class c, aclexplode(c.relacl) AS granted
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S' AND granted.grantee = v_oid
        UNION ALL
        SELECT format('REVOKE ALL ON ROUTINE %s FROM %I', p.oid::regprocedure, p_role)
        FROM pg_proc p, aclexplode(p.proacl) AS granted
        WHERE p.pronamespace = 'public'::regnamespace AND granted.grantee = v_oid
        UNION ALL
        SELECT format('REVOKE ALL ON SCHEMA public FROM %I', p_role)
        FROM pg_namespace n, aclexplode(n.nspacl) AS granted
        WHERE n.nspname = 'public' AND granted.grantee = v_oid
    LOOP
        EXECUTE v_statement;
    END LOOP;
END;
$$;
