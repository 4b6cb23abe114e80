"""What is known is looked up as it is named: the same as if all were read, and little of it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.privacy import Phi
from kepthour.core.reading.digest import Held, set_aside
from kepthour.pipeline.poll import Source, poll
from kepthour.store import calendars
from kepthour.store.engine import Damaged, Store
from kepthour.store.etags import Etags, owed
from kepthour_connectors.base import BadResource, Batch, Kind, Known, Resource, Transient
from tests.support.calendars import single
from tests.support.clock import FakeClock
from tests.support.counting import counted
from tests.support.day import BERLIN
from tests.support.stores import NOW, hold, opened

STORED = {f"{number}.ics": f'"{number}"' for number in range(50)} | {"withheld.ics": "", "odd.ics": '"odd"'}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two calendars: one has STORED, the other something under the same names."""
    made = opened(tmp_path_factory.mktemp("etags") / "kepthour.db")
    for name in ("practice", "other"):
        mine = name == "practice"
        held = [
            Held(href, etag if mine else "another", Phi("text"), None)
            for href, etag in STORED.items()
            if href not in {"withheld.ics", "odd.ics"}
        ]
        odd = set_aside("odd.ics", '"odd"' if mine else "another", "not-icalendar")
        hold(made, name, [*held, odd], {"withheld.ics" if mine else "lost.ics": "status-500"})
    return made


def etags(store: Store) -> Etags:
    with store.read() as tx:
        calendar = calendars.get(tx, "practice")
    assert calendar is not None
    return Etags(store, calendar)


@given(st.lists(st.sampled_from([*STORED, "lost.ics", "nowhere.ics", "len", "all"]), max_size=60))
def test_whatever_is_asked_for_is_what_a_whole_list_says(store: Store, asked: list[str]) -> None:
    lazy = etags(store)
    for name in asked:
        if name == "len":
            assert len(lazy) == len(STORED)
        elif name == "all":
            assert dict(lazy) == STORED
        else:
            assert (lazy.get(name), name in lazy) == (STORED.get(name), name in STORED)


def test_few_are_looked_up_once_each_and_many_are_read_at_once(store: Store) -> None:
    lazy = etags(store)
    with counted() as statements:
        for name in ["1.ics", "2.ics", "1.ics", "nowhere.ics", "nowhere.ics"]:
            lazy.get(name)
    assert statements.count("SELECT") == 2 * 3  # each with a look whether somebody stored in between
    with counted() as statements:
        for name in STORED:
            lazy.get(name)
        assert dict(lazy) == STORED
    assert statements.count("SELECT") < 2 * 21


def test_only_what_was_withheld_is_owed(store: Store) -> None:
    with store.read() as tx:
        calendar = calendars.get(tx, "practice")
        assert calendar is not None
        assert owed(tx, calendar) == {"withheld.ics"}


class Unlucky:
    """A calendar that asks while the store is away: as every connector, it takes that for its source's fault."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def poll(self, known: Known) -> Batch:
        away = self._path.rename(self._path.with_name("away"))
        try:
            known.etags.get("1.ics")
        except Exception:  # noqa: BLE001
            raise Transient("It failed.", "Nothing to do.") from None
        finally:
            away.rename(self._path)
        raise AssertionError("a store that is away was read")

    def close(self) -> None:
        return


def test_a_store_that_fails_while_a_calendar_is_asked_is_no_fault_of_the_calendar(tmp_path: Path) -> None:
    path = tmp_path / "kepthour.db"
    store = opened(path)
    source = Source("practice", "", Unlucky(path), BERLIN, (), ())
    with pytest.raises(Damaged):
        poll(source, store, FakeClock(NOW))
    with store.read() as tx:
        calendar = calendars.get(tx, "practice")
    assert calendar is not None
    assert calendar.problem is None
    store.close()


class Made:
    """A calendar that answers what it is told to, after something happened."""

    def __init__(self, *batches: Batch) -> None:
        self._batches = list(batches)
        self.meanwhile: Callable[[Known], object] = lambda _known: None

    def poll(self, known: Known) -> Batch:
        meanwhile, self.meanwhile = self.meanwhile, lambda _known: None
        try:
            meanwhile(known)
        except Exception:  # noqa: BLE001
            raise Transient("It failed.", "Nothing to do.") from None
        return self._batches.pop(0)

    def close(self) -> None:
        return


def full(*changed: Resource) -> Batch:
    return Batch(Kind.FULL, changed, frozenset(), frozenset(one.href for one in changed), "1", 1)


def delta(*changed: Resource, bad: tuple[BadResource, ...] = ()) -> Batch:
    return Batch(Kind.DELTA, changed, frozenset(), None, "2", 1, bad=bad)


def test_a_poll_that_is_overtaken_does_not_take_for_known_what_another_stored(tmp_path: Path) -> None:
    """A delta that repeats it would look like a silent reset: all would be listed, and a failure blamed on it."""
    store, clock = opened(tmp_path / "kepthour.db"), FakeClock(NOW)
    made = Made(full(Resource("a", "1", single("a"))), delta(Resource("a", "2", single("a"))))
    source = Source("practice", "", made, BERLIN, (), ())
    poll(source, store, clock)
    clock.at += timedelta(minutes=2)

    def another(known: Known) -> None:
        clock.at += timedelta(seconds=1)
        poll(source, store, clock)
        known.etags.get("a")

    made.meanwhile = another
    polled = poll(source, store, clock)
    assert (polled.problem, polled.changed, polled.news) == (None, 0, True)
    with store.read() as tx:
        calendar = calendars.get(tx, "practice")
    assert calendar is not None
    assert (calendar.problem, calendar.cursor, calendar.last_good_at) == (None, "2", clock.at)
    store.close()


def test_a_piece_that_was_withheld_is_owed_though_another_of_its_series_changes(tmp_path: Path) -> None:
    store, clock = opened(tmp_path / "kepthour.db"), FakeClock(NOW)
    master = Resource("m", "1", single("m"), "s")
    text = single("m").replace("SUMMARY", "RECURRENCE-ID:20260302T090000Z\r\nSUMMARY")
    piece = Resource("p", "1", text, "s")
    withheld = delta(bad=(BadResource("p", "", "status-500"),))
    source = Source(
        "practice", "", Made(full(master, piece), withheld, delta(replace(master, etag="2"))), BERLIN, (), ()
    )
    for known in (frozenset(), {"p"}, {"p"}):
        poll(source, store, clock)
        with store.read() as tx:
            calendar = calendars.get(tx, "practice")
            assert calendar is not None
            assert owed(tx, calendar) == known
    store.close()


def test_who_asked_later_hears_what_there_is_though_an_older_answer_is_stored_first(tmp_path: Path) -> None:
    store, clock = opened(tmp_path / "kepthour.db"), FakeClock(NOW)
    made = Made(full(), delta(), delta(Resource("new", "1", single("new"))))
    source = Source("practice", "", made, BERLIN, (), ())
    poll(source, store, clock)
    clock.at += timedelta(minutes=2)

    def older(_known: Known) -> None:  # a daemon's, which asked before something was entered, and stores now
        other = Source("practice", "", Made(delta()), BERLIN, (), ())
        poll(other, store, FakeClock(clock.at - timedelta(seconds=10)))

    made.meanwhile = older
    polled = poll(source, store, clock)
    assert (polled.changed, polled.news) == (1, True)
    store.close()


def test_a_failure_is_not_told_of_a_calendar_that_was_heard_meanwhile(tmp_path: Path) -> None:
    store, clock = opened(tmp_path / "kepthour.db"), FakeClock(NOW)
    made = Made(full(Resource("a", "1", single("a"))))
    source = Source("practice", "", made, BERLIN, (), ())
    poll(source, store, clock)

    def heard_then_fails(_known: Known) -> None:
        clock.at += timedelta(seconds=1)
        poll(Source("practice", "", Made(delta()), BERLIN, (), ()), store, clock)
        raise AssertionError

    made.meanwhile = heard_then_fails
    assert poll(source, store, clock).problem == "transient"
    with store.read() as tx:
        calendar = calendars.get(tx, "practice")
    assert calendar is not None
    assert calendar.problem is None
    store.close()
