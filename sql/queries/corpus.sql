-- name: count_intents
SELECT count(*) FROM intent_taxonomy

-- name: upsert_intent
-- A row that says the same already is left alone; what others keep in it (usage_frequency, is_active) always is.
INSERT INTO intent_taxonomy AS t (
    code, name, parent_id, level, path, typical_complexity, requires_creativity, requires_analysis,
    requires_structure, keywords, description
)
VALUES (
    %(code)s::text, %(name)s, (SELECT id FROM intent_taxonomy WHERE path = %(parent)s), %(level)s, %(code)s::text,
    %(complexity)s, %(creativity)s, %(analysis)s, %(structure)s, %(keywords)s, %(description)s
)
ON CONFLICT (code) DO UPDATE
SET name = EXCLUDED.name, typical_complexity = EXCLUDED.typical_complexity,
    requires_creativity = EXCLUDED.requires_creativity, requires_analysis = EXCLUDED.requires_analysis,
    requires_structure = EXCLUDED.requires_structure, keywords = EXCLUDED.keywords, description = EXCLUDED.description
WHERE (t.name, t.typical_complexity, t.requires_creativity, t.requires_analysis, t.requires_structure, t.keywords,
       t.description)
    IS DISTINCT FROM
      (EXCLUDED.name, EXCLUDED.typical_complexity, EXCLUDED.requires_creativity, EXCLUDED.requires_analysis,
       EXCLUDED.requires_structure, EXCLUDED.keywords, EXCLUDED.description)

-- name: upsert_technique
-- The trigger counts versions: a changed entry is at least one version on, whether or not its file says so.
INSERT INTO techniques AS t (
    code, name, category, subcategory, description, detailed_explanation, complexity_level, base_effectiveness,
    effectiveness_variance, when_to_use, when_not_to_use, prerequisites, is_active, is_experimental, requires_examples,
    min_context_length, max_context_length, version, sources
)
VALUES (
    %(code)s, %(name)s, %(category)s, %(subcategory)s, %(description)s, %(detailed_explanation)s, %(complexity_level)s,
    %(base_effectiveness)s, %(effectiveness_variance)s, %(when_to_use)s, %(when_not_to_use)s, %(prerequisites)s,
    %(is_active)s, %(is_experimental)s, %(requires_examples)s, %(min_context_length)s, %(max_context_length)s,
    %(version)s, %(sources)s
)
ON CONFLICT (code) DO UPDATE
SET name = EXCLUDED.name, category = EXCLUDED.category, subcategory = EXCLUDED.subcategory,
    description = EXCLUDED.description, detailed_explanation = EXCLUDED.detailed_explanation,
    complexity_level = EXCLUDED.complexity_level, base_effectiveness = EXCLUDED.base_effectiveness,
    effectiveness_variance = EXCLUDED.effectiveness_variance, when_to_use = EXCLUDED.when_to_use,
    when_not_to_use = EXCLUDED.when_not_to_use, prerequisites = EXCLUDED.prerequisites,
    is_active = EXCLUDED.is_active, is_experimental = EXCLUDED.is_experimental,
    requires_examples = EXCLUDED.requires_examples, min_context_length = EXCLUDED.min_context_length,
    max_context_length = EXCLUDED.max_context_length, version = EXCLUDED.version, sources = EXCLUDED.sources
WHERE (t.name, t.category, t.subcategory, t.description, t.detailed_explanation, t.complexity_level,
       t.base_effectiveness, t.effectiveness_variance, t.when_to_use, t.when_not_to_use, t.prerequisites, t.is_active,
       t.is_experimental, t.requires_examples, t.min_context_length, t.max_context_length, t.sources)
    IS DISTINCT FROM
      (EXCLUDED.name, EXCLUDED.category, EXCLUDED.subcategory, EXCLUDED.description, EXCLUDED.detailed_explanation,
       EXCLUDED.complexity_level, EXCLUDED.base_effectiveness, EXCLUDED.effectiveness_variance, EXCLUDED.when_to_use,
       EXCLUDED.when_not_to_use, EXCLUDED.prerequisites, EXCLUDED.is_active, EXCLUDED.is_experimental,
       EXCLUDED.requires_examples, EXCLUDED.min_context_length, EXCLUDED.max_context_length, EXCLUDED.sources)

-- name: upsert_pattern
-- Usage, success and rating are measured elsewhere and stay. The entry is the row that says the same already, else the
-- one with its number, else the next higher: a change that the file did not count went there.
MERGE INTO technique_patterns AS p
USING (
    SELECT given.*, held.id AS held_id, held.is_same
    FROM (
        SELECT t.id AS technique_id, %(pattern_name)s::text AS pattern_name, %(template)s::text AS template,
               %(template_vars)s::jsonb AS template_vars, %(intent_types)s::text[] AS intent_types,
               %(optimal_for)s::jsonb AS optimal_for, %(version)s::int AS version, %(is_active)s::boolean AS is_active
        FROM techniques AS t
        WHERE t.code = %(technique)s
    ) AS given
    LEFT JOIN LATERAL (
        SELECT h.id, same.is_same
        FROM technique_patterns AS h
        CROSS JOIN LATERAL (
            SELECT (h.template, h.template_vars, h.intent_types, h.optimal_for, h.is_active)
                   IS NOT DISTINCT FROM
                   (given.template, given.template_vars, given.intent_types, given.optimal_for, given.is_active)
        ) AS same (is_same)
        WHERE h.technique_id = given.technique_id AND h.pattern_name = given.pattern_name
            AND (same.is_same OR h.version >= given.version)
        ORDER BY same.is_same DESC, h.version
        LIMIT 1
    ) AS held ON true
) AS e
ON p.id = e.held_id
WHEN NOT MATCHED THEN
    INSERT (technique_id, pattern_name, template, template_vars, intent_types, optimal_for, version, is_active)
    VALUES (e.technique_id, e.pattern_name, e.template, e.template_vars, e.intent_types, e.optimal_for, e.version,
            e.is_active)
WHEN MATCHED AND NOT e.is_same THEN
    UPDATE SET template = e.template, template_vars = e.template_vars, intent_types = e.intent_types,
               optimal_for = e.optimal_for, is_active = e.is_active
