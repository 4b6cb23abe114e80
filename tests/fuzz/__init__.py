"""Hostile resources, configurations and command lines: `.venv/bin/python -m tests.fuzz --inputs 100000`."""
