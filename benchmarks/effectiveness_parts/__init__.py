"""Parts of the benchmark of effectiveness."""
