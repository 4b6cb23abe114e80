"""Random weeks, in four files, so that they run side by side. A longer run: `python -m tests.model`."""

from __future__ import annotations

from tests.model.apart import run_apart


def test_no_reminder_is_lost_and_none_comes_twice_whatever_happens() -> None:
    run_apart(seed=6)
