-- Ours: what the workbench itself keeps. Imports with the rows they set aside, and simulations with their ground truth.
CREATE TABLE import_batches (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    dataset_version VARCHAR(20) NOT NULL,
    file_name TEXT NOT NULL,
    file_sha256 CHAR(64) NOT NULL,
    options JSONB NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_written INTEGER NOT NULL,
    rows_duplicate INTEGER NOT NULL,
    rows_quarantined INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    CONSTRAINT uk_import_file UNIQUE (dataset_version, file_sha256, options)
);

CREATE TABLE import_quarantine (
    batch_id UUID NOT NULL REFERENCES import_batches(id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    reason VARCHAR(100) NOT NULL,
    prompt_text TEXT,
    label TEXT,
    PRIMARY KEY (batch_id, line)
);
COMMENT ON COLUMN import_quarantine.line IS 'Line of the file on which the row starts; in Parquet the row number.';

CREATE TABLE history_simulations (
    name VARCHAR(100) PRIMARY KEY,
    seed BIGINT NOT NULL,
    rows_written INTEGER NOT NULL,
    ground_truth JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
