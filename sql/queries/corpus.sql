-- name: count_intents
SELECT count(*) FROM intent_taxonomy

-- name: upsert_intent
-- A row that says the same already is left alone; what others keep in it (usage_frequency, is_active) always is.
INSERT INTO intent_taxonomy AS t (
    code, name, parent_id, level, path, tree_sortkey, typical_complexity, requires_creativity, requires_analysis,
    requires_structure, keywords, description
)
VALUES (
    %(code)s::text, %(name)s, (SELECT id FROM intent_taxonomy WHERE path = %(parent)s), %(level)s, %(code)s::text,
    %(code)s::text, %(complexity)s, %(creativity)s, %(analysis)s, %(structure)s, %(keywords)s, %(description)s
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
    max_context_length = EXCLUDED.max_context_length, version = EXCLUDED.version, sources = EXCLUDED.sources,
    updated_at = NOW()
WHERE (t.name, t.category, t.subcategory, t.description, t.detailed_explanation, t.complexity_level,
       t.base_effectiveness, t.effectiveness_variance, t.when_to_use, t.when_not_to_use, t.prerequisites, t.is_active,
       t.is_experimental, t.requires_examples, t.min_context_length, t.max_context_length, t.version, t.sources)
    IS DISTINCT FROM
      (EXCLUDED.name, EXCLUDED.category, EXCLUDED.subcategory, EXCLUDED.description, EXCLUDED.detailed_explanation,
       EXCLUDED.complexity_level, EXCLUDED.base_effectiveness, EXCLUDED.effectiveness_variance, EXCLUDED.when_to_use,
       EXCLUDED.when_not_to_use, EXCLUDED.prerequisites, EXCLUDED.is_active, EXCLUDED.is_experimental,
       EXCLUDED.requires_examples, EXCLUDED.min_context_length, EXCLUDED.max_context_length, EXCLUDED.version,
       EXCLUDED.sources)

-- name: upsert_pattern
-- Usage, success and rating are measured elsewhere and stay.
INSERT INTO technique_patterns AS p (
    technique_id, pattern_name, template, template_vars, intent_types, optimal_for, version, is_active
)
VALUES (
    (SELECT id FROM techniques WHERE code = %(technique)s), %(pattern_name)s, %(template)s, %(template_vars)s,
    %(intent_types)s, %(optimal_for)s, %(version)s, %(is_active)s
)
ON CONFLICT (technique_id, pattern_name, version) DO UPDATE
SET template = EXCLUDED.template, template_vars = EXCLUDED.template_vars, intent_types = EXCLUDED.intent_types,
    optimal_for = EXCLUDED.optimal_for, is_active = EXCLUDED.is_active, updated_at = NOW()
WHERE (p.template, p.template_vars, p.intent_types, p.optimal_for, p.is_active)
    IS DISTINCT FROM
      (EXCLUDED.template, EXCLUDED.template_vars, EXCLUDED.intent_types, EXCLUDED.optimal_for, EXCLUDED.is_active)
