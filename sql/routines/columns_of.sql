-- The columns that can be written, for statements that name them all without a list that a new column falls out of.
CREATE OR REPLACE FUNCTION columns_of(p_table REGCLASS) RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
FROM pg_attribute
WHERE attrelid = p_table AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
$$;

REVOKE EXECUTE ON FUNCTION columns_of(REGCLASS) FROM PUBLIC;
