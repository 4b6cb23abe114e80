"""Random weeks, in four files, so that they run side by side. A longer run: `python -m tests.model`."""

from __future__ import annotations

import pytest

from tests.model.apart import run_apart


@pytest.mark.parametrize("seed", range(3, 20 + 1, 4))
def test_no_reminder_is_lost_and_none_comes_twice_whatever_happens(seed: int) -> None:
    run_apart(seed)
