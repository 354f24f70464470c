-- Search, and the verdict on the seed's indexes. Each that stays is used by a query of ours at the sizes in
-- benchmarks/large_database.py, and a test of its plan says so; each that cannot serve goes, for the reason given.

-- Full text. A generated column, not an index over the expression: ranking then reads the vector instead of making it.
-- array_to_string is not IMMUTABLE for every element type, for text it is.
CREATE FUNCTION words_of(words TEXT[]) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
RETURN COALESCE(array_to_string(words, ' '), '');

ALTER TABLE prompt_templates ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('english', name), 'A') ||
    setweight(to_tsvector('english', words_of(tags)), 'B') ||
    setweight(to_tsvector('english', template_text), 'C')
) STORED;
COMMENT ON COLUMN prompt_templates.search_vector IS 'Ours: the words of name, tags and text, for full-text search.';

-- COALESCE: without it a prompt that has no description is found by no word of its title.
ALTER TABLE community_prompts ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('english', title), 'A') ||
    setweight(to_tsvector('english', COALESCE(description, '')), 'B') ||
    setweight(to_tsvector('english', words_of(tags)), 'B')
) STORED;
COMMENT ON COLUMN community_prompts.search_vector IS
    'Ours: the words of title, description and tags, for full-text search.';

-- fastupdate off: what is read often and written seldom keeps no list of entries to be sorted in later, which every
-- search would have to read through.
ALTER INDEX idx_techniques_search SET (fastupdate = off);
CREATE INDEX idx_templates_search ON prompt_templates USING GIN (search_vector) WITH (fastupdate = off);
CREATE INDEX idx_community_search ON community_prompts USING GIN (search_vector);

-- Misspelt names. Intents need none: a taxonomy has some hundred rows in a handful of pages, which is read faster.
CREATE INDEX idx_techniques_names ON techniques USING GIN (name gin_trgm_ops, code gin_trgm_ops)
    WITH (fastupdate = off);
CREATE INDEX idx_templates_names ON prompt_templates USING GIN (name gin_trgm_ops) WITH (fastupdate = off);

-- Mixed filters, where btree_gin puts plain columns beside arrays and JSONB. The first stands for the seed's
-- idx_templates_category, idx_templates_techniques and idx_templates_tags: a GIN index serves any of its columns.
CREATE INDEX idx_templates_filter ON prompt_templates USING GIN (category, language, technique_ids, tags)
    WITH (fastupdate = off);
CREATE INDEX idx_ml_labels ON ml_training_data USING GIN (dataset_version, intent_labels jsonb_path_ops);

-- The seed's additional indexes. Its idx_prompt_history_user_created is idx_history_user_date without the INCLUDE,
-- with which the insert of a long prompt fails; INCLUDE (technique_id) is kept, since a UUID is short.
CREATE INDEX idx_technique_effectiveness_lookup
    ON intent_technique_effectiveness (intent_id, effectiveness_score DESC) INCLUDE (technique_id);
CREATE INDEX idx_techniques_active_category ON techniques (category, base_effectiveness DESC) WHERE is_active;
CREATE INDEX idx_templates_public_quality ON prompt_templates (quality_score DESC) WHERE is_public;

-- NULLS LAST: a bare DESC begins with the examples that nobody has scored.
CREATE INDEX idx_examples_quality ON prompt_examples (response_quality_score DESC NULLS LAST);
-- With the likes, the most liked of a category are its first entries and nothing is sorted.
CREATE INDEX idx_community_category ON community_prompts (category, likes DESC);

-- 128 pages are a day or more of one month's partition; with 16 the planner takes the index for a day's rows.
DROP INDEX idx_history_created_brin;
CREATE INDEX idx_history_created_brin ON prompt_history USING BRIN (created_at)
    WITH (pages_per_range = 16, autosummarize = on);

-- Covered by idx_techniques_active_category; the inactive are few.
DROP INDEX idx_techniques_category;
-- Five values: a scan of the table is as quick as fetching a fifth of it row by row.
DROP INDEX idx_techniques_complexity;
-- Nobody ranks by the base alone: selection adds complexity, domain and preference before it sorts.
DROP INDEX idx_techniques_effectiveness;
-- One value under a condition that nearly every row meets.
DROP INDEX idx_patterns_active;
-- A handful of levels, a handful of pages.
DROP INDEX idx_intent_level;
DROP INDEX idx_intent_keywords;
-- Scores mean something within one intent: idx_technique_effectiveness_lookup.
DROP INDEX idx_effectiveness_score;
-- Whoever reads training data reads one version of it: idx_ml_dataset, uk_training_prompt.
DROP INDEX idx_ml_validated;
-- The active model of a type is the one row of uk_model_one_active.
DROP INDEX idx_model_active;
-- Five values; what was rated badly is looked for within a time or a technique.
DROP INDEX idx_feedback_rating;
-- Of the tables of this release the seed's idx_templates_quality (idx_templates_public_quality has it), idx_user_skill
-- (four values), idx_experiments_status and idx_experiments_dates (a few dozen rows) are not made at all; its two
-- ivfflat indexes are made by `workbench db index build` as HNSW, after the data: an index made before is half blind.
