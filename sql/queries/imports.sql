-- name: create_staging
-- The digest is made by the function that keys ml_training_data, so "the same text" means one thing everywhere.
CREATE TEMP TABLE staged_rows (
    line INTEGER NOT NULL,
    reason TEXT,
    prompt_text TEXT NOT NULL,
    label TEXT NOT NULL,
    parent TEXT NOT NULL,
    secondary TEXT[] NOT NULL,
    complexity INTEGER,
    techniques UUID[] NOT NULL,
    is_test BOOLEAN NOT NULL,
    features JSONB,
    digest TEXT GENERATED ALWAYS AS (md5(normalised_prompt(prompt_text))) STORED,
    path TEXT,
    fate TEXT
) ON COMMIT DROP

-- name: create_labels
CREATE TEMP TABLE staged_labels (
    label TEXT NOT NULL,
    parent TEXT NOT NULL,
    path TEXT,
    reason TEXT
) ON COMMIT DROP

-- name: copy_rows
COPY staged_rows (line, reason, prompt_text, label, parent, secondary, complexity, techniques, is_test, features)
FROM STDIN (FORMAT BINARY)

-- name: copy_labels
COPY staged_labels (label, parent, path, reason) FROM STDIN (FORMAT BINARY)

-- name: analyze_staging
-- Nobody else gathers statistics on a temporary table, and without them the joins below are planned for ten rows.
ANALYZE staged_rows

-- name: plan_for_many
-- Inside one transaction the statistics never know of the rows just written, and a nested loop over 18,000 of them was
-- seen to run for minutes; every join here is between two whole sets.
SET LOCAL enable_nestloop = off

-- name: lock_version
-- Two imports into one dataset version would each miss the other's rows.
SELECT pg_advisory_xact_lock(hashtextextended('workbench import ' || %(version)s, 0))

-- name: lock_taxonomy
-- Two imports that create intents would each create the same ones.
SELECT pg_advisory_xact_lock(hashtextextended('workbench taxonomy', 0))

-- name: technique_ids
SELECT code, id FROM techniques

-- name: intent_names
SELECT path, name FROM intent_taxonomy

-- name: staged_labels
-- In the order in which the file names them, so that the first spelling becomes the name of a new intent.
SELECT label, parent
FROM (
    SELECT label, parent, line FROM staged_rows WHERE reason IS NULL
    UNION ALL
    SELECT unnest(secondary), '', line FROM staged_rows WHERE reason IS NULL
) AS named
GROUP BY label, parent
ORDER BY min(line), label, parent

-- name: set_paths
UPDATE staged_rows AS s
SET path = l.path, reason = l.reason
FROM staged_labels AS l
WHERE s.reason IS NULL AND l.label = s.label AND l.parent = s.parent

-- name: set_secondary_paths
-- A secondary intent that is the primary one says nothing and is dropped.
UPDATE staged_rows AS s
SET secondary = found.paths, reason = found.reason
FROM (
    SELECT r.line, min(l.reason) AS reason,
           COALESCE(array_agg(l.path ORDER BY given.place) FILTER (WHERE l.path <> r.path), '{}') AS paths
    FROM staged_rows AS r
    CROSS JOIN LATERAL unnest(r.secondary) WITH ORDINALITY AS given (label, place)
    JOIN staged_labels AS l ON l.label = given.label AND l.parent = ''
    WHERE r.reason IS NULL
    GROUP BY r.line
) AS found
WHERE s.line = found.line

-- name: split_by_text
-- Stratified by label and decided by the text alone; a text that is stored already keeps its split.
UPDATE staged_rows AS s
SET is_test = split.is_test
FROM (
    SELECT f.digest,
           COALESCE(f.stored_test, row_number() OVER label_texts <= round(%(fraction)s * count(*) OVER label_all)) AS is_test
    FROM (
        SELECT DISTINCT ON (r.digest) r.digest, r.path, d.is_test_set AS stored_test
        FROM staged_rows AS r
        LEFT JOIN ml_training_data AS d ON d.dataset_version = %(version)s AND d.prompt_digest = r.digest
        WHERE r.reason IS NULL
        ORDER BY r.digest, r.line
    ) AS f
    WINDOW label_all AS (PARTITION BY f.path, f.stored_test IS NULL),
           label_texts AS (PARTITION BY f.path, f.stored_test IS NULL ORDER BY f.digest)
) AS split
WHERE s.digest = split.digest AND s.reason IS NULL

-- name: judge
-- One row a text is kept. A stored row comes first, then a test row, then the first line; `moved` is a stored training
-- row whose text arrives as a test text.
UPDATE staged_rows AS s
SET fate = judged.fate,
    reason = CASE judged.fate WHEN 'leak' THEN 'training copy of a test text'
                              WHEN 'conflict' THEN 'duplicate with another label' END
FROM (
    SELECT line,
           CASE
               WHEN kept_test AND NOT is_test THEN 'leak'
               WHEN path <> kept_path THEN 'conflict'
               WHEN place > 1 OR (stored AND (stored_test OR NOT kept_test)) THEN 'duplicate'
               WHEN stored THEN 'moved'
               ELSE 'written'
           END AS fate
    FROM (
        SELECT line, path, is_test, kept_path, stored, stored_test,
               stored_test OR bool_or(is_test AND path = kept_path) OVER (PARTITION BY digest) AS kept_test,
               row_number() OVER (PARTITION BY digest, path, is_test ORDER BY line) AS place
        FROM (
            SELECT r.line, r.digest, r.path, r.is_test, d.id IS NOT NULL AS stored,
                   COALESCE(d.is_test_set, false) AS stored_test,
                   COALESCE(
                       d.intent_labels ->> 'primary',
                       first_value(r.path) OVER (PARTITION BY r.digest ORDER BY r.is_test DESC, r.line)
                   ) AS kept_path
            FROM staged_rows AS r
            LEFT JOIN ml_training_data AS d ON d.dataset_version = %(version)s AND d.prompt_digest = r.digest
            WHERE r.reason IS NULL
        ) AS texts
    ) AS places
) AS judged
WHERE s.line = judged.line

-- name: used_paths
SELECT path FROM staged_rows WHERE fate = 'written'
UNION
SELECT unnest(secondary) FROM staged_rows WHERE fate = 'written'

-- name: create_intent
INSERT INTO intent_taxonomy (code, name, parent_id, level, path, keywords)
VALUES (
    %(path)s::text, %(name)s, (SELECT id FROM intent_taxonomy WHERE path = %(parent)s), %(level)s, %(path)s::text, '{}'
)

-- name: write_rows
INSERT INTO ml_training_data (
    prompt_text, linguistic_features, intent_labels, complexity_label, optimal_techniques, is_validated, source_type,
    dataset_version, is_test_set
)
SELECT prompt_text, features, jsonb_build_object('primary', path, 'secondary', to_jsonb(secondary)), complexity,
       techniques, %(is_validated)s, %(source_type)s, %(version)s, is_test
FROM staged_rows
WHERE fate = 'written'
ORDER BY line

-- name: move_to_test
UPDATE ml_training_data AS d
SET is_test_set = true
FROM staged_rows AS s
WHERE s.fate = 'moved' AND d.dataset_version = %(version)s AND d.prompt_digest = s.digest

-- name: counts
SELECT count(*) AS read,
       count(*) FILTER (WHERE fate = 'written') AS written,
       count(*) FILTER (WHERE reason IS NOT NULL) AS quarantined,
       count(*) FILTER (WHERE fate IN ('duplicate', 'moved')) AS duplicates,
       count(*) FILTER (WHERE fate = 'moved') AS moved
FROM staged_rows

-- name: reasons
SELECT reason, count(*), min(line)
FROM staged_rows
WHERE reason IS NOT NULL
GROUP BY reason
ORDER BY count(*) DESC, reason

-- name: split_sizes
SELECT count(*) FILTER (WHERE is_test_set), count(*) FILTER (WHERE NOT is_test_set)
FROM ml_training_data
WHERE dataset_version = %(version)s

-- name: find_batch
SELECT id, rows_quarantined
FROM import_batches
WHERE dataset_version = %(version)s AND file_sha256 = %(sha256)s AND options = %(options)s

-- name: record_batch
INSERT INTO import_batches (
    dataset_version, file_name, file_sha256, options, rows_read, rows_written, rows_duplicate, rows_quarantined
)
VALUES (
    %(version)s, %(file_name)s, %(sha256)s, %(options)s, %(read)s, %(written)s, %(duplicates)s, %(quarantined)s
)
ON CONFLICT (dataset_version, file_sha256, options) DO UPDATE
SET rows_written = import_batches.rows_written + EXCLUDED.rows_written,
    rows_duplicate = EXCLUDED.rows_duplicate,
    rows_quarantined = EXCLUDED.rows_quarantined
RETURNING id

-- name: forget_quarantine
DELETE FROM import_quarantine WHERE batch_id = %(batch)s

-- name: keep_quarantine
INSERT INTO import_quarantine (batch_id, line, reason, prompt_text, label)
SELECT %(batch)s, line, reason, prompt_text, label FROM staged_rows WHERE reason IS NOT NULL
