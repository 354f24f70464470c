"""The parts of benchmarks/intent.py."""
