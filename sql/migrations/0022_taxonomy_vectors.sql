-- Ours: what an encoder makes of the words that the taxonomy has for an intent. They are examples that nobody had to label.
CREATE TABLE taxonomy_vectors (
    intent_id UUID NOT NULL REFERENCES intent_taxonomy(id) ON DELETE CASCADE,
    part VARCHAR(20) NOT NULL CONSTRAINT ck_taxonomy_vector_part CHECK (part IN ('name', 'keywords', 'description')),
    space VARCHAR(150) NOT NULL CONSTRAINT ck_taxonomy_vector_space CHECK (space <> ''),
    -- The words as they were embedded: where the taxonomy has others by now, the vector is out of date.
    words TEXT NOT NULL,
    embedding vector NOT NULL,
    PRIMARY KEY (intent_id, part, space)
);
COMMENT ON TABLE taxonomy_vectors IS 'Ours: vectors of the name, the keywords and the description of an intent.';
COMMENT ON COLUMN taxonomy_vectors.space IS 'Name and digest of the encoder, and which of its layers; two spaces never mix.';
COMMENT ON COLUMN taxonomy_vectors.words IS 'What was embedded; a vector of other words than v_taxonomy_words has now is out of date.';
