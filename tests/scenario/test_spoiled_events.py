"""An event that could be read, and cannot be any more: what was known reminds, and is no ground for a suspicion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.store import calendars, holdings
from kepthour_connectors.base import Resource
from tests.fakes.calendars import MemoryCalendar
from tests.support.calendars import calendar, event
from tests.support.day import Day
from tests.support.fence import TITLE
from tests.support.named import NAMED, stands


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30")
    made.put("one", "2026-03-05T10:00:00")
    for number in range(4):
        made.put(f"other{number}", f"2026-03-{6 + number:02d}T10:00:00")
    made.sync()
    return made


def cut_off(text: str) -> str:
    return text[: text.index("DTSTART") + 20]


def by_a_rule_of_its_own(text: str) -> str:
    return text.replace("SUMMARY", "RRULE:FREQ=FORTNIGHTLY\r\nSUMMARY", 1)


@pytest.mark.parametrize("spoil", [cut_off, by_a_rule_of_its_own])
@pytest.mark.parametrize("at", ["2026-03-02 09:00", "2026-03-05 09:30"])
async def test_it_reminds_and_nobody_is_asked_whether_it_is_gone(
    at: str, spoil: Callable[[str], str], day: Day
) -> None:
    await day.until(at)
    day.calendar.put("one.ics", spoil(day.calendar.text("one.ics")))
    day.sync()
    await day.until("2026-03-05 10:01")
    assert ("10:00:00", "0m") in day.rungs()
    assert "question" not in [rung for _at, rung in day.rungs()]
    day.answer(Kind.HERE)
    await day.until("2026-03-05 10:30")
    assert day.agenda("2026-03-05 00:00", "2026-03-06 00:00")[0].verdict is Verdict.ON_TIME


async def test_it_may_have_been_moved_so_nobody_is_suspected(day: Day) -> None:
    await day.until("2026-03-05 09:30")
    day.put("one", "2026-03-05T15:00:00", 50, "RRULE:FREQ=FORTNIGHTLY")
    day.sync()
    await day.until("2026-03-05 10:30")
    (entry,) = day.agenda("2026-03-05 00:00", "2026-03-06 00:00")
    assert entry.verdict is Verdict.UNKNOWN
    assert day.cards() == []


async def test_it_is_set_aside_until_it_can_be_read(day: Day) -> None:
    day.calendar.put("one.ics", cut_off(day.calendar.text("one.ics")))
    day.sync()
    assert set_aside(day) == 1
    day.put("one", "2026-03-05T15:00:00")
    day.sync()
    assert set_aside(day) == 0
    (entry,) = day.agenda("2026-03-05 00:00", "2026-03-06 00:00")
    assert f"{entry.session.start:%H:%M}" == "14:00"


def set_aside(day: Day) -> int:
    with day.app.store.read() as tx:
        calendar = calendars.get(tx, "practice")
        assert calendar is not None
        return sum(holdings.quarantined(tx, calendar).values())


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(self: MemoryCalendar, hrefs: list[str]) -> tuple[Resource, ...]:
        return tuple(
            Resource(h, self._etag(h), self.text(h), "s" if h.startswith("s") else None) for h in hrefs
        )

    monkeypatch.setattr(MemoryCalendar, "_read", read)


def a_piece(at: str) -> str:
    return calendar(
        event(
            "s",
            f"AB {TITLE}",
            f"20260302T{at}00",
            f"20260302T{at[:2]}5000",
            "RECURRENCE-ID;TZID=Europe/Berlin:20260302T100000",
        )
    )


@pytest.mark.usefixtures("in_pieces")
async def test_a_moved_instance_that_cannot_be_read_any_more_stays_where_it_was_known(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("other", "2026-03-23T10:00:00")
    day.calendar.put(
        "s.ics",
        calendar(event("s", f"AB {TITLE}", "20260223T100000", "20260223T105000", "RRULE:FREQ=WEEKLY")),
    )
    day.calendar.put("s-1.ics", a_piece("1400"))
    day.sync()
    assert [at for at, _v, _s in stands(day)] == ["13:00"]
    await day.until("2026-03-02 08:40")
    text = a_piece("1400")
    day.calendar.put("s-1.ics", text[: text.index("RECURRENCE-ID") + 20])
    await day.until("2026-03-02 10:30")
    assert day.cards() == []
    assert [at for at, _v, _s in stands(day)] == ["13:00"]
