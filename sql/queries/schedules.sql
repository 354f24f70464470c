-- name: add
INSERT INTO schedules (name, cron, timezone, dataset_version, models, triggers, added_by)
VALUES (%(name)s, %(cron)s, %(timezone)s, %(version)s, %(models)s, %(triggers)s, %(who)s)
ON CONFLICT (name) DO NOTHING

-- name: remove
DELETE FROM schedules WHERE name = %(name)s

-- name: all
-- Each with the last time that somebody took; what was due before it was added is not due.
SELECT s.name, s.cron, s.timezone, s.dataset_version, s.models, s.triggers, s.added_at, s.added_by,
       GREATEST(s.added_at, max(t.due_at)) AS handled_until
FROM schedules s
LEFT JOIN schedule_turns t ON t.schedule_name = s.name
GROUP BY s.name
ORDER BY s.name

-- name: now
SELECT now()

-- name: take
INSERT INTO schedule_turns (schedule_name, due_at, missed, owner)
VALUES (%(schedule)s, %(due_at)s, %(missed)s, %(owner)s)
ON CONFLICT (schedule_name, due_at) DO NOTHING
RETURNING id

-- name: open_turns
SELECT id, schedule_name, due_at, missed, taken_at, owner, attempts, state, finished_at, message,
       retrain_run_id::text
FROM schedule_turns
WHERE state = 'running'
ORDER BY taken_at

-- name: last_turns
SELECT DISTINCT ON (schedule_name) id, schedule_name, due_at, missed, taken_at, owner, attempts, state, finished_at,
       message, retrain_run_id::text
FROM schedule_turns
ORDER BY schedule_name, due_at DESC

-- name: take_turn_over
UPDATE schedule_turns SET owner = %(owner)s, taken_at = clock_timestamp(), attempts = attempts + 1
WHERE id = %(id)s AND owner = %(before)s AND state = 'running'

-- name: close_turn
UPDATE schedule_turns
SET state = %(state)s, message = %(message)s, finished_at = COALESCE(finished_at, clock_timestamp())
WHERE id = %(id)s AND owner = %(owner)s AND state IN ('running', %(state)s)

-- name: link_turn
UPDATE schedule_turns SET retrain_run_id = %(run)s WHERE id = %(id)s

-- name: link_evaluations
UPDATE trigger_evaluations SET retrain_run_id = %(run)s WHERE turn_id = %(id)s AND fired

-- name: evaluated
INSERT INTO trigger_evaluations (schedule_name, turn_id, trigger_name, fired, why, retrain_run_id)
VALUES (%(schedule)s, %(turn)s, %(trigger)s, %(fired)s, %(why)s, %(run)s)

-- name: evaluations
-- The newest first, so many of each schedule and of what persons asked.
SELECT evaluated_at, schedule_name, turn_id, trigger_name, fired, why, retrain_run_id::text
FROM (
    SELECT *, row_number() OVER (PARTITION BY schedule_name ORDER BY evaluated_at DESC, id DESC) AS place
    FROM trigger_evaluations
) numbered
WHERE place <= %(most)s
ORDER BY evaluated_at DESC, id DESC

-- name: wish
-- Of a turn, what fired.
SELECT trigger_name, why FROM trigger_evaluations WHERE turn_id = %(id)s AND fired ORDER BY id

-- name: last_finished
-- What the last finished retraining of exactly these models on the version stood on.
SELECT id::text, started_at, validated_rows, inputs ->> 'taxonomy'
FROM retrain_runs
WHERE dataset_version = %(version)s AND models = %(models)s AND state = 'finished'
ORDER BY started_at DESC
LIMIT 1

-- name: validated_rows
SELECT count(*) FROM ml_training_data WHERE dataset_version = %(version)s AND is_validated

-- name: hand_to_cron
-- pg_cron says once a minute that it is time to look; what is due is decided by whoever hears it. Its name is none of a
-- maintenance job's, which begin with "workbench ".
SELECT cron.schedule('workbench-schedule', '* * * * *', 'NOTIFY workbench_schedule')

-- name: listen
LISTEN workbench_schedule

-- name: tell
-- Whoever runs the schedules looks at once.
SELECT pg_notify('workbench_schedule', '')
