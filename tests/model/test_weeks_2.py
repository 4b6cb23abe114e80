"""Random weeks, in four files, so that they run side by side. A longer run: `python -m tests.model`."""

from __future__ import annotations

import pytest

from tests.model.runs import run


@pytest.mark.parametrize("seed", range(2, 20 + 2, 4))
def test_no_reminder_is_lost_and_none_comes_twice_whatever_happens(seed: int) -> None:
    result = run(
        seed, runs=100, shrink=False
    )  # a fault names its seed: `python -m tests.model --shrink` shortens it
    assert result.fault is None, result.fault
    assert result.deliveries > result.runs  # else nothing was put to the test
