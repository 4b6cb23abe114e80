"""Hostile resources against the way to occurrences: `.venv/bin/python -m tests.fuzz --inputs 100000`."""
