-- name: versions
SELECT dataset_version, count(*) FROM ml_training_data GROUP BY dataset_version ORDER BY dataset_version

-- name: rows
-- Ordered by the digest of the text: the same data gives the same matrix, in whatever order it was loaded.
SELECT id::text, prompt_text, intent_labels, complexity_label, optimal_techniques, is_test_set, prompt_digest,
       embedding_space
FROM ml_training_data
WHERE dataset_version = %(version)s
ORDER BY prompt_digest

-- name: embeddings
SELECT prompt_embedding
FROM ml_training_data
WHERE dataset_version = %(version)s
ORDER BY prompt_digest

-- name: make_room_for_neighbours
-- Vectors of 100,000 prompts; it takes only what they need. Before the session's first temporary table.
SET LOCAL temp_buffers = '256MB'

-- name: stage_neighbours
-- Ids and vectors alone, of both splits: beside the long columns of the table most vectors lie out of line, and one that
-- does is fetched again for every distance.
CREATE TEMP TABLE staged_neighbours ON COMMIT DROP AS
SELECT id, prompt_embedding AS embedding
FROM ml_training_data
WHERE dataset_version = %(version)s AND NOT is_test_set AND prompt_embedding IS NOT NULL

-- name: stage_asked
CREATE TEMP TABLE staged_asked ON COMMIT DROP AS
SELECT id, prompt_embedding AS embedding
FROM ml_training_data
WHERE dataset_version = %(version)s AND is_test_set AND id = ANY(%(ids)s::uuid[])

-- name: nearest_training_row
-- The closest training prompt of each test prompt, by an exact scan of the version.
SELECT asked.id::text, nearest.id::text
FROM staged_asked asked
CROSS JOIN LATERAL (
    SELECT staged.id FROM staged_neighbours staged ORDER BY staged.embedding <=> asked.embedding LIMIT 1
) nearest

-- name: without_embedding
-- One row a distinct text: a text that several versions share is embedded once. An empty version means every version.
SELECT DISTINCT ON (prompt_text) prompt_text
FROM ml_training_data
WHERE (embedding_space IS DISTINCT FROM %(space)s) AND (%(version)s::text IS NULL OR dataset_version = %(version)s)
  AND (embedding_space IS NULL OR %(replace)s)

-- name: spaces
SELECT DISTINCT embedding_space
FROM ml_training_data
WHERE embedding_space IS NOT NULL AND (%(version)s::text IS NULL OR dataset_version = %(version)s)

-- name: copy_known_embeddings
-- A text already embedded in another version keeps its vector instead of being embedded again.
UPDATE ml_training_data target
SET prompt_embedding = known.prompt_embedding, embedding_space = known.embedding_space
FROM ml_training_data known
WHERE target.embedding_space IS NULL AND known.embedding_space = %(space)s
  AND known.prompt_digest = target.prompt_digest AND known.prompt_text = target.prompt_text
  AND (%(version)s::text IS NULL OR target.dataset_version = %(version)s)

-- name: create_staged_embeddings
CREATE TEMP TABLE IF NOT EXISTS staged_embeddings (prompt_text TEXT NOT NULL, vector vector(384) NOT NULL)

-- name: copy_staged_embeddings
COPY staged_embeddings (prompt_text, vector) FROM STDIN (FORMAT binary)

-- name: apply_staged_embeddings
UPDATE ml_training_data target
SET prompt_embedding = staged.vector, embedding_space = %(space)s
FROM staged_embeddings staged
WHERE target.prompt_text = staged.prompt_text
  AND (%(version)s::text IS NULL OR target.dataset_version = %(version)s)
  AND (target.embedding_space IS NULL OR %(replace)s)

-- name: clear_staged_embeddings
TRUNCATE staged_embeddings

-- name: copy_known_vectors
-- A text that has a vector in this space in another version keeps it.
INSERT INTO training_vectors (training_id, space, embedding)
SELECT DISTINCT ON (target.id) target.id, known.space, known.embedding
FROM ml_training_data target
JOIN ml_training_data other ON other.prompt_digest = target.prompt_digest AND other.prompt_text = target.prompt_text
JOIN training_vectors known ON known.training_id = other.id AND known.space = %(space)s
WHERE target.dataset_version = %(version)s
  AND NOT EXISTS (SELECT FROM training_vectors own WHERE own.training_id = target.id AND own.space = %(space)s)

-- name: without_vector
-- A text stands once in a version, so nothing is encoded twice.
SELECT id::text, prompt_text
FROM ml_training_data prompt
WHERE dataset_version = %(version)s
  AND NOT EXISTS (SELECT FROM training_vectors own WHERE own.training_id = prompt.id AND own.space = %(space)s)
ORDER BY prompt_digest

-- name: create_staged_vectors
CREATE TEMP TABLE IF NOT EXISTS staged_vectors (training_id UUID NOT NULL, embedding vector NOT NULL)

-- name: copy_staged_vectors
COPY staged_vectors (training_id, embedding) FROM STDIN (FORMAT binary)

-- name: apply_staged_vectors
-- Two at once encode the same prompt to the same vector, and a prompt may be gone since.
INSERT INTO training_vectors (training_id, space, embedding)
SELECT staged.training_id, %(space)s, staged.embedding
FROM staged_vectors staged
JOIN ml_training_data prompt ON prompt.id = staged.training_id
ON CONFLICT (training_id, space) DO NOTHING

-- name: clear_staged_vectors
TRUNCATE staged_vectors

-- name: further_vectors
-- In the order of the rows; NULL where a row has none in this space.
SELECT vectors.embedding
FROM ml_training_data prompt
LEFT JOIN training_vectors vectors ON vectors.training_id = prompt.id AND vectors.space = %(space)s
WHERE prompt.dataset_version = %(version)s
ORDER BY prompt.prompt_digest

-- name: techniques
SELECT id::text, code, name, complexity_level, base_effectiveness::float8, effectiveness_variance::float8, is_active,
       category, description, prerequisites, is_experimental, requires_examples, min_context_length, max_context_length
FROM techniques
WHERE is_active
ORDER BY code

-- name: intent_names
SELECT path, name FROM intent_taxonomy WHERE is_active

-- name: optimal_techniques
-- The seed's function for many prompts at once: one ranked list of codes for each intent and complexity.
SELECT wanted.intent, wanted.complexity, array_agg(t.code ORDER BY best.place)
FROM unnest(%(intents)s::text[], %(complexities)s::int[]) AS wanted(intent, complexity)
CROSS JOIN LATERAL get_optimal_techniques(wanted.intent, wanted.complexity, NULL, 1000)
    WITH ORDINALITY AS best(technique_id, technique_name, effectiveness, personal, final, fallback, place)
JOIN techniques t ON t.id = best.technique_id
GROUP BY wanted.intent, wanted.complexity

-- name: pattern_lengths
SELECT t.code, avg(length(p.template))::float8
FROM technique_patterns p
JOIN techniques t ON t.id = p.technique_id
WHERE p.is_active
GROUP BY t.code

-- name: taxonomy_words_without_vector
-- Of the intents that the version has prompts of; words that changed since they were embedded count as without.
SELECT said.intent_id::text, said.part, said.words
FROM v_taxonomy_words said
WHERE said.path IN (SELECT intent_labels ->> 'primary' FROM ml_training_data WHERE dataset_version = %(version)s)
  AND NOT EXISTS (SELECT FROM taxonomy_vectors own
                  WHERE own.intent_id = said.intent_id AND own.part = said.part AND own.space = %(space)s
                    AND own.words = said.words)
ORDER BY said.path, said.part

-- name: save_taxonomy_vector
-- The intent may be gone since, and somebody else may have embedded it.
INSERT INTO taxonomy_vectors (intent_id, part, space, words, embedding)
SELECT id, %(part)s, %(space)s, %(words)s, %(embedding)s FROM intent_taxonomy WHERE id = %(intent_id)s::uuid
ON CONFLICT (intent_id, part, space) DO UPDATE SET words = EXCLUDED.words, embedding = EXCLUDED.embedding

-- name: taxonomy_vectors
-- NULL for the layers where there are none; words whose vector is out of date are left out.
SELECT said.path, said.part, said.words, own.embedding, layers.embedding
FROM v_taxonomy_words said
JOIN taxonomy_vectors own
  ON own.intent_id = said.intent_id AND own.part = said.part AND own.words = said.words AND own.space = %(space)s
LEFT JOIN taxonomy_vectors layers
  ON layers.intent_id = said.intent_id AND layers.part = said.part AND layers.words = said.words
     AND layers.space = %(layers)s
WHERE said.path IN (SELECT intent_labels ->> 'primary' FROM ml_training_data WHERE dataset_version = %(version)s)
ORDER BY said.path, said.part
