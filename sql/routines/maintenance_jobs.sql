-- The jobs that come with the workbench. Run again when this file changes: what a job does is set anew, while a
-- person's own schedule, timeout, switch and jobs stay.
-- What counts comes before what is drawn from it, and the vacuum after both; three o'clock is the seed's.
INSERT INTO maintenance_jobs (position, name, schedule, timeout_seconds, statement, description) VALUES
    -- The seed's 25th, and each day after it: a server that was down on the 25th must not miss the month.
    (10, 'create-monthly-partition', '0 0 25-31 * *', 3600, 'SELECT public.create_missing_partitions()',
     'Make the history partitions of this month and the next, and move in what the default partition caught.'),
    (20, 'archive-old-prompts', '0 1 * * *', 14400, 'SELECT public.archive_old_prompts()',
     'Move prompts older than six months, with their feedback, into the archive.'),
    (30, 'update-technique-analytics', '0 2 * * *', 7200, 'CALL public.update_due_analytics()',
     'Count what each technique did yesterday, and again the days whose prompts came or were rated late.'),
    (40, 'refresh-counters', '20 2 * * *', 3600, 'CALL public.refresh_counters()',
     'Recount uses, likes, success rates and frequencies.'),
    (50, 'refresh-daily-active-techniques', '40 2 * * *', 3600,
     'REFRESH MATERIALIZED VIEW CONCURRENTLY public.mv_daily_active_techniques',
     'Draw the daily activity of techniques anew, without locking its readers out.'),
    (60, 'refresh-user-technique-affinity', '45 2 * * *', 3600,
     'REFRESH MATERIALIZED VIEW CONCURRENTLY public.mv_user_technique_affinity',
     'Draw which techniques a person rates highly anew, without locking readers out.'),
    (70, 'vacuum-prompt-history', '0 3 * * *', 14400, 'VACUUM (ANALYZE) public.prompt_history',
     'Give back the space of dead history rows in every partition, and look at the rest.'),
    (80, 'vacuum-technique-analytics', '0 3 * * *', 3600, 'VACUUM (ANALYZE) public.technique_performance_analytics',
     'Give back the space of dead analytics rows.'),
    -- Nothing analyzes a partitioned parent by itself.
    (90, 'analyze-database', '30 3 * * 0', 7200, 'ANALYZE',
     'Renew the statistics of every table, by which queries are planned.'),
    (100, 'prune-maintenance-runs', '0 4 * * *', 600,
     'DELETE FROM public.maintenance_runs WHERE started_at < NOW() - INTERVAL ''90 days''',
     'Forget maintenance runs older than 90 days.')
ON CONFLICT (name) DO UPDATE
SET position = EXCLUDED.position, statement = EXCLUDED.statement, description = EXCLUDED.description;
