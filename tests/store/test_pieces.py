"""The pieces of a series are found by its name: the same as if all that a calendar holds were looked through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.privacy import Phi
from kepthour.core.reading.digest import Held, set_aside, with_relatives
from kepthour.store import calendars, holdings
from kepthour.store.engine import Store
from tests.support.stores import hold, opened

SERIES = [None, "x", "y", "z"]
STORED = [Held(f"{number}.ics", '"1"', Phi("text"), SERIES[number % 4]) for number in range(16)] + [
    set_aside("odd.ics", '"1"', "not-icalendar", "x")
]
HREFS = st.sampled_from([*(one.href for one in STORED), "new.ics"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = opened(tmp_path_factory.mktemp("pieces") / "kepthour.db")
    for name in ("practice", "other"):  # the other's are no relatives
        hold(made, name, STORED)
    return made


@given(
    st.dictionaries(HREFS, st.sampled_from([*SERIES, "new"]), max_size=4),
    st.sets(HREFS, max_size=4),
)
def test_what_is_expanded_anew_with_a_change_is_its_whole_series(
    store: Store, came: dict[str, str | None], removed: set[str]
) -> None:
    changed = [Held(href, '"2"', Phi("new text"), series) for href, series in came.items()]
    with store.read() as tx:
        calendar = calendars.get(tx, "practice")
        assert calendar is not None
        found = with_relatives(changed, holdings.pieces(tx, calendar, changed, removed), removed)
        everything = [one for one in holdings.everything(tx, calendar) if one.series]
    assert {one.href: one for one in found} == {
        one.href: one for one in with_relatives(changed, everything, removed)
    }
    assert len(found) == len({one.href for one in found})
