-- Keep beside each use what may be known of it without knowing whose it was: see v_history_deidentified. A propensity
-- that is no probability counts as not recorded; a simulation's name is believed of synthetic rows only, since anybody
-- may write into the metadata.
CREATE OR REPLACE FUNCTION deidentify_history() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.user_pseudonym := (SELECT pseudonym FROM users WHERE id = NEW.user_id);
    NEW.propensity := CASE
        WHEN jsonb_typeof(NEW.enhancement_metadata -> 'propensity') = 'number'
             AND (NEW.enhancement_metadata ->> 'propensity')::numeric BETWEEN 1e-300 AND 1
        THEN (NEW.enhancement_metadata ->> 'propensity')::float8
    END;
    NEW.simulation := CASE WHEN NEW.is_synthetic THEN left(NEW.enhancement_metadata ->> 'simulation', 100) END;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER deidentify_history
BEFORE INSERT OR UPDATE OF user_id, enhancement_metadata, is_synthetic, user_pseudonym, propensity, simulation
ON prompt_history
FOR EACH ROW EXECUTE FUNCTION deidentify_history();
