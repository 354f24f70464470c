-- Whose request this is: what the server side of the application set for the transaction. NULL, and so nobody's rows,
-- where nothing is set and where a pooled connection left the empty text that a committed SET LOCAL leaves behind.
-- Anything else that is no uuid is an error: a client that sends names for ids should hear of it.
CREATE OR REPLACE FUNCTION current_app_user() RETURNS UUID
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN NULLIF(current_setting('app.current_user_id', true), '')::uuid;
