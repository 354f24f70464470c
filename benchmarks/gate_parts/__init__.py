"""Parts of the benchmark of the promotion gate."""
