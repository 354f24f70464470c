-- Ours: what other encoders than the prompt's own, or other layers of it, make of a labelled prompt.
CREATE TABLE training_vectors (
    training_id UUID NOT NULL REFERENCES ml_training_data(id) ON DELETE CASCADE,
    space VARCHAR(150) NOT NULL CONSTRAINT ck_training_vector_space CHECK (space <> ''),
    -- No length: each space has its own.
    embedding vector NOT NULL,
    PRIMARY KEY (training_id, space)
);
COMMENT ON TABLE training_vectors IS
    'Ours: vectors of labelled prompts beside prompt_embedding: lower layers of its encoder, or encoders tuned on a dataset.';
COMMENT ON COLUMN training_vectors.space IS 'Name and digest of the encoder, and which of its layers; two spaces never mix.';
