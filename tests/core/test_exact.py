"""The exact test: held to tables from the books, and to counting all tables one by one."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.report.exact import by_chance


@pytest.mark.parametrize(
    ("narrow", "size", "all_narrow", "everything", "expected"),
    [
        (4, 4, 4, 8, 1 / 70),  # Fisher's lady, who tells every cup
        (3, 4, 4, 8, 17 / 70),  # and one who takes two for the others
        (0, 5, 3, 20, 1.0),
        (5, 5, 5, 5, 1.0),  # there is nothing else
    ],
)
def test_it_says_what_the_books_say(
    narrow: int, size: int, all_narrow: int, everything: int, expected: float
) -> None:
    assert by_chance(narrow, size, all_narrow, everything) == pytest.approx(expected, rel=1e-12)


def _counted(narrow: int, size: int, all_narrow: int, everything: int) -> float:
    """Every way to draw the group, with the narrow ones in front."""
    draws = list(combinations(range(everything), size))
    return sum(sum(one < all_narrow for one in draw) >= narrow for draw in draws) / len(draws)


@given(st.integers(1, 11), st.data())
def test_it_counts_as_one_would_by_hand(everything: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, everything))
    all_narrow = data.draw(st.integers(0, everything))
    narrow = data.draw(st.integers(max(0, size + all_narrow - everything), min(size, all_narrow)))
    expected = _counted(narrow, size, all_narrow, everything)
    assert by_chance(narrow, size, all_narrow, everything) == pytest.approx(expected, rel=1e-12)


def test_a_long_year_is_no_matter() -> None:
    assert 0 < by_chance(200, 400, 400, 20_000) < 1e-100
