"""When Python looks for objects that only hold each other."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kepthour import pipeline
from kepthour.collecting import put_off
from tests.support.day import Day, when

OLD = 2
_OFTEN = (200, 2, 2)


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """It is looked for so often that even a test's little work has it happen, to what is old, too."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.collect()  # what was old then counts: a fourth as much has to come
    gc.set_threshold(*_OFTEN)
    yield
    gc.set_threshold(*usual)


@contextmanager
def searched(counts: Callable[[], bool] = lambda: True) -> Iterator[list[int]]:
    """The generations that are looked through meanwhile, as long as it `counts`."""
    found: list[int] = []

    def tell(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and counts():
            found.append(info["generation"])

    gc.callbacks.append(tell)
    try:
        yield found
    finally:
        gc.callbacks.remove(tell)


def is_put_off() -> bool:
    """What comes before and after the work depends on how much was made until then, by other tests, too."""
    return gc.get_threshold()[OLD] != _OFTEN[OLD]


def much() -> list[list[int]]:
    return [[number] for number in range(50 * _OFTEN[0])]


def test_what_is_old_is_looked_through_after_the_work_and_not_during_it() -> None:
    with put_off, searched() as during:
        kept = much()
    assert OLD not in during
    assert during.count(1) > _OFTEN[2]  # else it would not have been due
    with searched() as afterwards:
        kept += much()
    assert OLD in afterwards


def test_two_who_put_it_off_both_come_to_their_end_first() -> None:
    begun, may_end = threading.Event(), threading.Event()

    @put_off
    def work() -> None:
        begun.set()
        may_end.wait()

    other = threading.Thread(target=work)
    with put_off:
        other.start()
        begun.wait()
    with searched() as during:
        kept = much()
    may_end.set()
    other.join()
    assert OLD not in during
    assert gc.get_threshold() == _OFTEN
    assert kept


def test_work_that_fails_puts_nothing_off_for_ever() -> None:
    with pytest.raises(OSError, match="disk"), put_off, put_off:
        raise OSError("disk")
    assert gc.get_threshold() == _OFTEN


@pytest.mark.parametrize("does", ["poll", "refresh"])
def test_a_batch_is_read_and_stored_without_it(tmp_path: Path, does: str) -> None:
    day = Day(tmp_path, "2026-03-02 08:00")
    for number in range(300):
        start = datetime(2026, 4, 27, 9) + timedelta(hours=number)
        day.put(f"{number}", start.isoformat(), 50)
    (source,) = day.app.sources.by_name.values()
    if does == "refresh":
        day.sync()
        day.clock.at = when("2026-05-04 08:00")
    with searched(is_put_off) as during:
        if does == "poll":
            assert pipeline.poll.poll(source, day.app.store, day.clock).changed == 300
        else:
            assert pipeline.poll.refresh(source, day.app.store, day.clock)
    assert OLD not in during
    assert during.count(1) > _OFTEN[2]
    assert gc.get_threshold() == _OFTEN
