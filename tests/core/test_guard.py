"""What tells whether an answer is believed is counted no further than it needs: the verdict is the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.guard import enough, loses_too_much


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_count_that_stops_early_gives_the_same_verdict(there: int, lost: int) -> None:
    lost = min(lost, there)
    counted = min(there, enough(lost))
    assert loses_too_much(counted, counted - lost) == loses_too_much(there, there - lost)
    if loses_too_much(there, there - lost):
        assert counted == there
