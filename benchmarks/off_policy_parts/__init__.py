"""The parts of the benchmark of off-policy estimates."""
