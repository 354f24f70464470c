-- name: create_staging
-- Keyed by the function that keys ml_training_data, so that "the same prompt" means one thing everywhere.
CREATE TEMP TABLE staged_outcomes (
    line INTEGER NOT NULL,
    reason TEXT,
    content TEXT,
    id UUID,
    prompt_text TEXT,
    external_id TEXT,
    codes TEXT[] NOT NULL,
    reward FLOAT8,
    label TEXT,
    complexity INTEGER,
    domain TEXT,
    user_pseudonym UUID,
    language_model TEXT,
    cost_tokens INTEGER,
    latency_ms INTEGER,
    propensity FLOAT8,
    policy TEXT,
    decided_at TIMESTAMPTZ,
    prompt_key TEXT GENERATED ALWAYS AS (COALESCE(md5(normalised_prompt(prompt_text)), 'id:' || external_id)) STORED,
    path TEXT,
    is_there BOOLEAN NOT NULL DEFAULT false
) ON COMMIT DROP

-- name: create_vectors
CREATE TEMP TABLE staged_prompt_vectors (
    prompt_key TEXT PRIMARY KEY,
    embedding vector(384) NOT NULL
) ON COMMIT DROP

-- name: copy_rows
COPY staged_outcomes (
    line, reason, content, id, prompt_text, external_id, codes, reward, label, complexity, domain, user_pseudonym,
    language_model, cost_tokens, latency_ms, propensity, policy, decided_at
) FROM STDIN (FORMAT BINARY)

-- name: copy_vectors
COPY staged_prompt_vectors (prompt_key, embedding) FROM STDIN (FORMAT BINARY)

-- name: analyze_staging
-- Nobody else gathers statistics on a temporary table, and without them the joins below are planned for ten rows.
ANALYZE staged_outcomes

-- name: lock_file
-- Two imports of one file would each miss the other's rows.
SELECT pg_advisory_xact_lock(hashtextextended('workbench history import ' || %(sha256)s, 0))

-- name: mark_what_is_there
UPDATE staged_outcomes AS s SET is_there = true FROM decision_log AS d WHERE d.id = s.id

-- name: reuse_vectors
-- A prompt embedded in this space already, as training data or in another log, is not embedded again.
INSERT INTO staged_prompt_vectors (prompt_key, embedding)
SELECT DISTINCT ON (known.prompt_key) known.prompt_key, known.embedding
FROM (
    SELECT prompt_digest AS prompt_key, prompt_embedding AS embedding
    FROM ml_training_data WHERE embedding_space = %(space)s
    UNION ALL
    SELECT prompt_key, prompt_embedding FROM decision_log WHERE embedding_space = %(space)s
) AS known
WHERE known.prompt_key IN (
    SELECT prompt_key FROM staged_outcomes WHERE reason IS NULL AND NOT is_there AND prompt_text IS NOT NULL
)
ORDER BY known.prompt_key

-- name: texts_without_vector
-- One text a prompt, though it stands in the file in several spellings.
SELECT DISTINCT ON (s.prompt_key) s.prompt_key, s.prompt_text
FROM staged_outcomes AS s
LEFT JOIN staged_prompt_vectors AS v ON v.prompt_key = s.prompt_key
WHERE s.reason IS NULL AND NOT s.is_there AND s.prompt_text IS NOT NULL AND v.prompt_key IS NULL
ORDER BY s.prompt_key, s.line

-- name: labels
-- In the order in which the file names them, so that the first spelling becomes the name of a new intent.
SELECT label FROM staged_outcomes WHERE reason IS NULL AND label IS NOT NULL GROUP BY label ORDER BY min(line), label

-- name: set_paths
UPDATE staged_outcomes AS s
SET path = l.path, reason = l.reason
FROM unnest(%(labels)s::text[], %(paths)s::text[], %(reasons)s::text[]) AS l (label, path, reason)
WHERE s.reason IS NULL AND s.label = l.label

-- name: refuse_unknown_techniques
UPDATE staged_outcomes SET reason = 'unknown technique'
WHERE reason IS NULL AND NOT codes <@ ARRAY(SELECT code::text FROM techniques)

-- name: used_paths
SELECT DISTINCT path FROM staged_outcomes WHERE reason IS NULL AND NOT is_there AND path IS NOT NULL

-- name: create_techniques
-- Nothing is known of them: the middle of both scales.
INSERT INTO techniques (code, name, category, description, complexity_level, base_effectiveness)
SELECT DISTINCT used.code, used.code, 'imported', %(description)s, 3, 0.5
FROM staged_outcomes AS s
CROSS JOIN LATERAL unnest(s.codes) AS used (code)
WHERE s.reason IS NULL AND NOT s.is_there AND NOT EXISTS (SELECT FROM techniques AS t WHERE t.code = used.code)
ORDER BY used.code
RETURNING code

-- name: counts
SELECT count(*) AS read,
       count(*) FILTER (WHERE reason IS NULL AND NOT is_there) AS written,
       count(*) FILTER (WHERE reason IS NOT NULL) AS quarantined,
       count(*) FILTER (WHERE reason IS NULL AND is_there) AS duplicates,
       count(propensity) FILTER (WHERE reason IS NULL) AS with_propensity,
       count(DISTINCT prompt_key) FILTER (WHERE reason IS NULL) AS prompts
FROM staged_outcomes

-- name: arms
SELECT codes, count(*) FROM staged_outcomes WHERE reason IS NULL GROUP BY codes ORDER BY count(*) DESC, codes

-- name: reasons
SELECT reason, count(*), min(line)
FROM staged_outcomes
WHERE reason IS NOT NULL
GROUP BY reason
ORDER BY count(*) DESC, reason

-- name: find_import
SELECT id, rows_quarantined FROM outcome_imports WHERE file_sha256 = %(sha256)s AND options = %(options)s

-- name: record_import
INSERT INTO outcome_imports (file_name, file_sha256, options, rows_read, rows_written, rows_quarantined)
VALUES (%(file_name)s, %(sha256)s, %(options)s, %(read)s, %(written)s, %(quarantined)s)
ON CONFLICT (file_sha256, options) DO UPDATE
SET rows_written = outcome_imports.rows_written + EXCLUDED.rows_written, rows_quarantined = EXCLUDED.rows_quarantined
RETURNING id

-- name: forget_quarantine
DELETE FROM outcome_quarantine WHERE import_id = %(import)s

-- name: keep_quarantine
INSERT INTO outcome_quarantine (import_id, line, reason, content)
SELECT %(import)s, line, reason,
       COALESCE(content, left(jsonb_strip_nulls(jsonb_build_object(
           'prompt', prompt_text, 'external_id', external_id, 'techniques', array_to_string(codes, ';'), 'intent', label
       ))::text, 50000))
FROM staged_outcomes
WHERE reason IS NOT NULL

-- name: write_decisions
-- By time where the file has one, so that what is read together lies together.
INSERT INTO decision_log (
    id, decided_at, prompt_key, prompt_text, prompt_embedding, embedding_space, intent_path, complexity, domain,
    user_pseudonym, language_model, chosen, propensity, policy, cost_tokens, latency_ms, import_id, is_synthetic
)
SELECT s.id, COALESCE(s.decided_at, NOW()), s.prompt_key, s.prompt_text, v.embedding,
       CASE WHEN v.embedding IS NOT NULL THEN %(space)s END, s.path, s.complexity, s.domain, s.user_pseudonym,
       s.language_model, ARRAY(SELECT t.id FROM techniques AS t WHERE t.code = ANY (s.codes) ORDER BY t.code),
       s.propensity, COALESCE(s.policy, 'unknown'), s.cost_tokens, s.latency_ms, %(import)s, %(is_synthetic)s
FROM staged_outcomes AS s
LEFT JOIN staged_prompt_vectors AS v ON v.prompt_key = s.prompt_key AND s.prompt_text IS NOT NULL
WHERE s.reason IS NULL AND NOT s.is_there
ORDER BY s.decided_at, s.line

-- name: write_outcomes
INSERT INTO decision_outcomes (decision_id, reward, recorded_at)
SELECT id, reward, COALESCE(decided_at, NOW()) FROM staged_outcomes WHERE reason IS NULL AND NOT is_there
