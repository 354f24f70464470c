-- Made-up rows by number: row i draws the same in every run with the same seed, and an id follows from its number.

-- name: helpers
-- A number from 0 to 1 for row i and an errand.
CREATE FUNCTION pg_temp.draw(i BIGINT, errand BIGINT) RETURNS FLOAT8 LANGUAGE sql IMMUTABLE
RETURN (hashint8extended(i, errand + 1000 * %(seed)s) & 9007199254740991) / 9007199254740992.0;

CREATE FUNCTION pg_temp.pick(i BIGINT, errand BIGINT, many BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE
RETURN 1 + floor(pg_temp.draw(i, errand) * many)::bigint;

-- Squared: a few are drawn often and most are drawn seldom, as with people and techniques.
CREATE FUNCTION pg_temp.pick_skewed(i BIGINT, errand BIGINT, many BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE
RETURN 1 + floor(power(pg_temp.draw(i, errand), 2) * many)::bigint;

CREATE FUNCTION pg_temp.id_of(kind TEXT, i BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE
RETURN md5(kind || ':' || i)::uuid;

CREATE FUNCTION pg_temp.words() RETURNS TEXT[] LANGUAGE sql IMMUTABLE
RETURN string_to_array(
    'answer argue audience balance budget cause chapter claim code compare contract customer data database debug '
    'decide design detail draft email essay evidence example explain feature figure goal history idea invoice lesson '
    'letter list market measure meeting memory message method model number outline paper plan poem price problem '
    'process product program project proof question reason recipe report review rule scene schedule schema script '
    'sentence server short song source speech step story summary table task teacher test theory thread title tone '
    'topic translate travel trend value verse vote weather worker', ' ');

CREATE FUNCTION pg_temp.word(n BIGINT) RETURNS TEXT LANGUAGE sql IMMUTABLE
RETURN (pg_temp.words())[1 + n %% cardinality(pg_temp.words())];

-- One long passage of which every made-up text is a piece: cutting is quicker than composing.
CREATE TEMP TABLE passage AS
SELECT string_agg(pg_temp.word(pg_temp.pick_skewed(i, 0, 60)), ' ' ORDER BY i)
       AS text
FROM generate_series(1, 4000) AS i;

-- name: users
INSERT INTO users (id, email, username, full_name, preferences)
SELECT pg_temp.id_of('user', i), 'made-up-' || i || '@example.invalid', 'made-up-' || i, 'Made-up user ' || i,
       jsonb_build_object(
           'favorite_techniques', jsonb_build_array(pg_temp.id_of('technique', pg_temp.pick(i, 1, %(techniques)s)))
       )
FROM generate_series(1, %(users)s) AS i;

INSERT INTO user_learning_profiles (user_id) SELECT id FROM users;

-- name: techniques
INSERT INTO techniques (
    id, code, name, category, subcategory, description, detailed_explanation, complexity_level, base_effectiveness,
    is_active
)
SELECT pg_temp.id_of('technique', i),
       CASE i WHEN 1 THEN 'cot' WHEN 2 THEN 'few_shot' WHEN 3 THEN 'react'
            ELSE lower(replace(made.name, ' ', '_')) || '_' || i END,
       CASE i WHEN 1 THEN 'Chain of thought' WHEN 2 THEN 'Few-shot examples' WHEN 3 THEN 'Reasoning and acting'
            ELSE initcap(made.name) END,
       'category ' || pg_temp.pick(i, 11, 20), 'subcategory ' || pg_temp.pick(i, 12, 4),
       substr(text, pg_temp.pick(i, 13, 20000)::int, 200), substr(text, pg_temp.pick(i, 14, 20000)::int, 600),
       pg_temp.pick(i, 15, 5), round((0.4 + 0.5 * pg_temp.draw(i, 16))::numeric, 2), pg_temp.draw(i, 17) > 0.05
FROM generate_series(1, %(techniques)s) AS i
CROSS JOIN passage
CROSS JOIN LATERAL (
    SELECT pg_temp.word(i * 7) || ' ' || pg_temp.word(i / 89 + i * 31) AS name
) AS made;

INSERT INTO technique_patterns (technique_id, pattern_name, template, intent_types, success_rate)
SELECT pg_temp.id_of('technique', 1 + i %% %(techniques)s), 'pattern ' || i, '{task}',
       ARRAY['branch_' || pg_temp.pick(i, 21, %(branches)s),
             'branch_' || pg_temp.pick(i, 22, %(branches)s) || '.leaf_' || pg_temp.pick(i, 23, %(intents)s)],
       CASE WHEN pg_temp.draw(i, 24) < 0.7 THEN round(pg_temp.draw(i, 25)::numeric, 2) END
FROM generate_series(1, 2 * %(techniques)s) AS i;

-- name: intents
-- A top level of a tenth of them, and the others below.
INSERT INTO intent_taxonomy (id, code, name, level, path, typical_complexity)
SELECT pg_temp.id_of('intent', i), 'branch_' || i, 'Branch ' || i, 1, 'branch_' || i, pg_temp.pick(i, 31, 5)
FROM generate_series(1, %(branches)s) AS i;

INSERT INTO intent_taxonomy (id, code, name, parent_id, level, path, typical_complexity, keywords)
SELECT pg_temp.id_of('intent', i), made.path, 'Leaf ' || i, pg_temp.id_of('intent', made.branch), 2, made.path,
       pg_temp.pick(i, 31, 5), ARRAY[pg_temp.word(pg_temp.pick(i, 32, 997)), pg_temp.word(pg_temp.pick(i, 33, 997))]
FROM generate_series(%(branches)s + 1, %(intents)s) AS i
CROSS JOIN LATERAL (SELECT 1 + i %% %(branches)s AS branch) AS at
CROSS JOIN LATERAL (SELECT at.branch, 'branch_' || at.branch || '.leaf_' || i AS path) AS made;

-- Half of all pairs have been estimated.
INSERT INTO intent_technique_effectiveness (intent_id, technique_id, effectiveness_score, sample_size)
SELECT pg_temp.id_of('intent', i), pg_temp.id_of('technique', t),
       round(pg_temp.draw(i * 100000 + t, 41)::numeric, 2), pg_temp.pick(i * 100000 + t, 42, 500)
FROM generate_series(1, %(intents)s) AS i
CROSS JOIN generate_series(1, %(techniques)s) AS t
WHERE pg_temp.draw(i * 100000 + t, 43) < 0.5;

-- name: templates
INSERT INTO prompt_templates (
    id, name, category, template_text, variables, technique_ids, quality_score, tags, language, created_by, is_public
)
SELECT pg_temp.id_of('template', i),
       initcap(pg_temp.word(pg_temp.pick(i, 51, 997)) || ' ' || pg_temp.word(pg_temp.pick(i, 52, 997)))
       || ' ' || i,
       'category ' || pg_temp.pick(i, 53, 20), substr(text, pg_temp.pick(i, 54, 20000)::int, 300) || ' {topic}',
       '[{"name": "topic", "type": "text"}]',
       ARRAY[pg_temp.id_of('technique', pg_temp.pick_skewed(i, 55, %(techniques)s))],
       round((0.3 + 0.7 * pg_temp.draw(i, 56))::numeric, 2),
       ARRAY[pg_temp.word(pg_temp.pick(i, 57, 997)), pg_temp.word(pg_temp.pick(i, 58, 997))],
       (ARRAY['en', 'en', 'en', 'de', 'fr', 'es'])[pg_temp.pick(i, 59, 6)],
       pg_temp.id_of('user', pg_temp.pick_skewed(i, 60, %(users)s)), pg_temp.draw(i, 61) < 0.8
FROM generate_series(1, %(templates)s) AS i
CROSS JOIN passage;

INSERT INTO prompt_examples (
    template_id, original_prompt, enhanced_prompt, techniques_applied, intent_classification,
    response_quality_score, source
)
SELECT pg_temp.id_of('template', pg_temp.pick(i, 65, %(templates)s)),
       substr(text, pg_temp.pick(i, 66, 20000)::int, 120), substr(text, pg_temp.pick(i, 67, 20000)::int, 400),
       ARRAY[pg_temp.id_of('technique', pg_temp.pick_skewed(i, 68, %(techniques)s))], '{"primary": "branch_1"}',
       CASE WHEN pg_temp.draw(i, 69) < 0.7 THEN round(pg_temp.draw(i, 70)::numeric, 2) END, 'synthetic'
FROM generate_series(1, 2 * %(templates)s) AS i
CROSS JOIN passage;

-- name: community
INSERT INTO community_prompts (
    id, author_id, title, description, original_prompt, enhanced_prompt, techniques_used, category, tags, likes,
    is_featured, moderation_status, is_public
)
SELECT pg_temp.id_of('community', i), pg_temp.id_of('user', pg_temp.pick_skewed(i, 71, %(users)s)),
       initcap(pg_temp.word(pg_temp.pick(i, 72, 997)) || ' ' || pg_temp.word(pg_temp.pick(i, 73, 997))
               || ' ' || pg_temp.word(pg_temp.pick(i, 74, 997))),
       CASE WHEN pg_temp.draw(i, 75) < 0.8 THEN substr(text, pg_temp.pick(i, 76, 20000)::int, 120) END,
       substr(text, pg_temp.pick(i, 77, 20000)::int, 300), substr(text, pg_temp.pick(i, 78, 20000)::int, 600),
       ARRAY[pg_temp.id_of('technique', pg_temp.pick_skewed(i, 79, %(techniques)s))],
       'category ' || pg_temp.pick(i, 80, 20), ARRAY[pg_temp.word(pg_temp.pick(i, 81, 997))],
       floor(100 * power(pg_temp.draw(i, 82), 4)), pg_temp.draw(i, 83) < 0.01,
       CASE WHEN pg_temp.draw(i, 84) < 0.85 THEN 'approved' ELSE 'pending' END, pg_temp.draw(i, 85) < 0.9
FROM generate_series(1, %(community)s) AS i
CROSS JOIN passage;

INSERT INTO community_interactions (user_id, prompt_id, has_liked, has_saved)
SELECT pg_temp.id_of('user', pg_temp.pick(i, 91, %(users)s)),
       pg_temp.id_of('community', pg_temp.pick(i, 92, %(community)s)), true, pg_temp.draw(i, 93) < 0.3
FROM generate_series(1, 2 * %(community)s) AS i
ON CONFLICT DO NOTHING;

-- name: month
SELECT create_monthly_partition(%(month)s::date)

-- name: history
-- In the order of time, as history is written, and more of it from month to month.
INSERT INTO prompt_history (
    id, user_id, session_id, original_prompt, original_length, detected_intent_path, detected_complexity,
    enhanced_prompt, enhanced_length, techniques_applied, enhancement_metadata, processing_time_ms, model_confidence,
    user_rating, was_helpful, client_type, created_at, is_synthetic
)
SELECT pg_temp.id_of('history', i), made.author, md5(made.author || ':' || i / 1000)::uuid,
       substr(text, made.start, made.length), made.length,
       CASE WHEN made.intent <= %(branches)s THEN 'branch_' || made.intent
            ELSE 'branch_' || 1 + made.intent %% %(branches)s || '.leaf_' || made.intent END,
       pg_temp.pick(i, 101, 5), substr(text, made.start, made.length + 200), made.length + 200,
       ARRAY(SELECT DISTINCT pg_temp.id_of('technique', pg_temp.pick_skewed(i, 110 + n, %(techniques)s))
             FROM generate_series(1, pg_temp.pick(i, 102, 3)) AS n),
       '{"policy": "made up"}', pg_temp.pick(i, 103, 400), round(pg_temp.draw(i, 104)::numeric, 2),
       CASE WHEN made.rating <= 5 THEN made.rating END, CASE WHEN made.rating <= 5 THEN made.rating >= 4 END,
       'simulation', %(first)s::timestamptz + power(i / %(history)s::float8, 0.7) * (%(last)s::timestamptz - %(first)s),
       true
FROM generate_series(1, %(history)s) AS i
CROSS JOIN passage
CROSS JOIN LATERAL (
    SELECT pg_temp.id_of('user', pg_temp.pick_skewed(i, 105, %(users)s)) AS author,
           pg_temp.pick(i, 106, 20000)::int AS start, 60 + pg_temp.pick(i, 107, 300)::int AS length,
           pg_temp.pick_skewed(i, 108, %(intents)s) AS intent, pg_temp.pick(i, 109, 9) AS rating
) AS made;

INSERT INTO enhancement_feedback (prompt_history_id, prompt_history_created_at, user_id, overall_rating)
SELECT id, created_at, user_id, user_rating
FROM prompt_history
WHERE user_rating IS NOT NULL AND hashtext(id::text) %% 10 = 0;

-- The days that the last three months brought each technique; older ones are like them.
INSERT INTO technique_performance_analytics (
    technique_id, date_bucket, total_uses, unique_users, avg_rating, success_rate, adoption_rate
)
SELECT pg_temp.id_of('technique', t), (%(last)s::timestamptz AT TIME ZONE 'UTC')::date - day::int,
       pg_temp.pick(t * 1000 + day, 121, 50), 1, 3.5, round(pg_temp.draw(t * 1000 + day, 122)::numeric, 2), 0.01
FROM generate_series(1, %(techniques)s) AS t
CROSS JOIN generate_series(1, 90) AS day
WHERE pg_temp.draw(t * 1000 + day, 123) < 0.2;

-- name: models
-- A hundred of each type, of which the last is active.
INSERT INTO ml_model_performance (model_name, model_version, model_type, accuracy, training_dataset_version, is_active)
SELECT 'made-up', version, type, 0.8, 'large', version = 100
FROM generate_series(1, 100) AS version
CROSS JOIN unnest(ARRAY['intent_classifier', 'complexity_model', 'technique_selector']) AS type

-- name: copy_training
COPY ml_training_data (
    id, prompt_text, prompt_embedding, embedding_space, linguistic_features, intent_labels, complexity_label,
    optimal_techniques, source_type, dataset_version, is_test_set
) FROM STDIN (FORMAT binary)

-- name: intent_paths
SELECT path FROM intent_taxonomy ORDER BY path

-- name: technique_ids
SELECT id FROM techniques ORDER BY code

-- name: interests
UPDATE user_learning_profiles p
SET interest_vector = d.prompt_embedding
FROM (SELECT user_id, row_number() OVER (ORDER BY user_id) AS n FROM user_learning_profiles) AS numbered
JOIN (SELECT prompt_embedding, row_number() OVER (ORDER BY prompt_digest) AS n FROM ml_training_data) AS d USING (n)
WHERE p.user_id = numbered.user_id

-- name: vacuum
VACUUM (ANALYZE)
