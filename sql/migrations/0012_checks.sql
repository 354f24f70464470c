-- What the tables still took and must not: values outside the shapes and vocabularies that the seed's comments list.

-- "Ada" and "ada" would be two people whom nobody can tell apart.
CREATE UNIQUE INDEX uk_users_username_lower ON users (lower(username));

-- JSON paths run silently (last argument), so that a value of the wrong type is refused by these checks and no error.
ALTER TABLE technique_patterns
    ADD CONSTRAINT ck_patterns_template_vars CHECK (
        NOT jsonb_path_exists(template_vars, 'strict $.* ? (@.type() != "object")', '{}', true)
    ),
    ADD CONSTRAINT ck_patterns_optimal_for CHECK (jsonb_typeof(optimal_for) = 'object');

ALTER TABLE enhancement_feedback
    ADD CONSTRAINT ck_feedback_technique_ratings CHECK (
        NOT jsonb_path_exists(technique_ratings, 'strict $.* ? (@.type() != "number")', '{}', true)
        AND NOT jsonb_path_exists(technique_ratings, 'strict $.* ? (@ < 1 || @ > 5)', '{}', true)
    );
COMMENT ON COLUMN enhancement_feedback.technique_ratings IS 'Rating from 1 to 5 by the id of a technique.';

ALTER TABLE ml_training_data
    ADD CONSTRAINT ck_training_secondary_intents CHECK (
        NOT jsonb_path_exists(intent_labels, 'strict $.secondary[*] ? (@.type() != "string")', '{}', true)
    );

-- The tree of intents. Paths are what labels, history and patterns name, so where a parent disagrees the path is right.
UPDATE intent_taxonomy AS i
SET parent_id = p.id
FROM intent_taxonomy AS p
WHERE i.level > 1 AND p.path = regexp_replace(i.path, '\.[^.]*$', '') AND i.parent_id <> p.id;

DO $$
DECLARE
    v_path TEXT;
BEGIN
    SELECT i.path INTO v_path
    FROM intent_taxonomy AS i
    LEFT JOIN intent_taxonomy AS p ON p.id = i.parent_id
    WHERE i.path <> concat_ws('.', p.path, substring(i.path FROM '[^.]*$'))
    ORDER BY i.path
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the intent "%" has no parent "%"', v_path, regexp_replace(v_path, '\.[^.]*$', '')
            USING HINT = 'Insert that parent, or give the intent a path below an existing one. Then migrate again.';
    END IF;
END $$;

-- Collation "C" and a separator below every sign of a path: only so is the order of the keys that of a walk down the tree.
ALTER TABLE intent_taxonomy ALTER COLUMN tree_sortkey TYPE VARCHAR(255) COLLATE "C";
UPDATE intent_taxonomy SET tree_sortkey = replace(path, '.', ' ');
COMMENT ON COLUMN intent_taxonomy.tree_sortkey IS
    'The path with spaces for dots; a trigger fills it in. ORDER BY it walks the tree depth first.';
COMMENT ON COLUMN intent_taxonomy.path IS
    'The path of the parent, a dot and one segment. Labels and history name an intent by its path and do not follow
when it is renamed or moved; the intents below it do.';

-- Who counts what.
COMMENT ON COLUMN prompt_history.enhancement_metadata IS
    'How the prompt was made. Read from it: pattern_id and template_id, what it was made with, by refresh_counters();
propensity, the chance with which the techniques were chosen, by the estimates of effectiveness.';
COMMENT ON COLUMN intent_taxonomy.usage_frequency IS
    'Prompts in which this very intent was detected, those of the intents below it not included; refresh_counters().';
COMMENT ON COLUMN technique_patterns.usage_count IS
    'Prompts whose enhancement_metadata names the pattern as pattern_id; refresh_counters().';
COMMENT ON COLUMN technique_patterns.success_rate IS 'Share of the rated uses with 4 or 5; refresh_counters().';
COMMENT ON COLUMN prompt_templates.usage_count IS
    'Prompts whose enhancement_metadata names the template as template_id; refresh_counters().';
COMMENT ON COLUMN prompt_templates.success_rate IS 'Share of the rated uses with 4 or 5; refresh_counters().';
COMMENT ON COLUMN prompt_templates.community_rating IS 'Mean rating of the uses; refresh_counters().';
COMMENT ON COLUMN community_prompts.views IS 'Counted by the application, which alone sees a page being opened.';
COMMENT ON COLUMN community_prompts.remix_count IS 'Counted by the application: no table says what was made from what.';
COMMENT ON COLUMN community_prompts.likes IS 'From community_interactions; refresh_counters().';
COMMENT ON COLUMN community_prompts.saves IS 'From community_interactions; refresh_counters().';
COMMENT ON COLUMN user_learning_profiles.successful_prompts IS 'Prompts rated 4 or 5; refresh_counters().';
