-- What everybody may do by being able to connect: nothing in this schema. New functions are no exception.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC;

-- The functions of the extensions stay everybody's, also those that came with an update made by the owner, to whom the
-- default above applies: operators are functions, and without them a vector cannot be compared.
DO $$
DECLARE
    v_statement TEXT;
BEGIN
    FOR v_statement IN
        SELECT CASE WHEN e.extname IS NULL
                    THEN format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', p.oid::regprocedure)
                    ELSE format('GRANT EXECUTE ON ROUTINE %s TO PUBLIC', p.oid::regprocedure) END
        FROM pg_proc p
        LEFT JOIN pg_depend d
            ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        LEFT JOIN pg_extension e ON e.oid = d.refobjid
        WHERE p.pronamespace = 'public'::regnamespace AND pg_has_role(p.proowner, 'USAGE')
          AND (e.extname IS NULL OR e.extname IN ('vector', 'pg_trgm', 'btree_gin'))
          AND (e.extname IS NULL) = EXISTS (
              SELECT FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) AS granted
              WHERE granted.grantee = 0
          )
    LOOP
        EXECUTE v_statement;
    END LOOP;
END $$;
