-- What the taxonomy says of each intent, a text a row: names made of labels are spelt as words, and a text that says the
-- same as the name is left out.
CREATE OR REPLACE VIEW v_taxonomy_words WITH (security_invoker = true) AS
SELECT intent.id AS intent_id, intent.path, said.part, said.words
FROM intent_taxonomy intent
CROSS JOIN LATERAL (
    SELECT btrim(regexp_replace(regexp_replace(intent.name, '([[:lower:]])([[:upper:]])', '\1 \2', 'g'),
                                '[_./[:space:]]+', ' ', 'g')) AS name
) AS spelt
CROSS JOIN LATERAL (
    VALUES ('name', spelt.name),
           ('keywords', btrim(array_to_string(intent.keywords, ', '))),
           ('description', btrim(intent.description))
) AS said (part, words)
WHERE said.words <> '' AND (said.part = 'name' OR lower(said.words) <> lower(spelt.name));

COMMENT ON VIEW v_taxonomy_words IS 'Ours: what the taxonomy says of each intent: its name, its keywords, its description, a text a row.';
