-- What was done stays done: the history of deployments is added to and nothing else.
CREATE OR REPLACE FUNCTION keep_deployment_events() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'model_deployment_events only grows: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE OR REPLACE TRIGGER keep_deployment_events
BEFORE UPDATE OR DELETE OR TRUNCATE ON model_deployment_events
FOR EACH STATEMENT EXECUTE FUNCTION keep_deployment_events();
