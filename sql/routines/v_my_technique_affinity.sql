-- A materialised view cannot have row-level security, so nobody is granted mv_user_technique_affinity itself. This
-- function reads it for the caller alone; SECURITY DEFINER is what lets it.
CREATE OR REPLACE FUNCTION my_technique_affinity()
RETURNS TABLE (technique_id UUID, usage_count BIGINT, avg_rating NUMERIC, last_used TIMESTAMPTZ)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
SELECT a.technique_id, a.usage_count, a.avg_rating, a.last_used
FROM mv_user_technique_affinity a
WHERE a.user_id = (SELECT current_app_user())
$$;
COMMENT ON FUNCTION my_technique_affinity() IS 'Ours: the affinities of the user whose request this is.';

CREATE OR REPLACE VIEW v_my_technique_affinity WITH (security_invoker = true, security_barrier = true) AS
SELECT technique_id, usage_count, avg_rating, last_used FROM my_technique_affinity();
COMMENT ON VIEW v_my_technique_affinity IS
    'Ours: what mv_user_technique_affinity says of the user whose request this is.';
