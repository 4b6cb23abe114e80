"""A file whose BEGIN and END lines stand where none should: it may cost what it cuts through, and never a neighbour."""

from __future__ import annotations

import pytest

from kepthour_connectors.base import Resource
from kepthour_connectors.ics.translate import split
from tests.support.calendars import calendar, event

UIDS = ("first", "second", "third")
EVENTS = tuple(event(uid) for uid in UIDS)
WHOLE = calendar(*EVENTS)
END, BEGIN = "END:VCALENDAR\r\n", "BEGIN:VCALENDAR\r\n"


def with_before(line: str, which: int) -> bytes:
    """The calendar, with one line more before one of its events."""
    at = WHOLE.index(EVENTS[which])
    return (WHOLE[:at] + line + WHOLE[at:]).encode()


@pytest.mark.parametrize("line", [END, BEGIN, BEGIN + END, END + END, END + BEGIN])
@pytest.mark.parametrize("which", range(3))
def test_no_event_is_lost_to_the_end_or_the_begin_of_a_calendar_between_two(line: str, which: int) -> None:
    found = split(with_before(line, which))
    payloads = [found.resource(href) for href in found.etags]
    assert all(isinstance(one, Resource) for one in payloads)
    whole = "".join(one.payload for one in payloads if isinstance(one, Resource))
    assert [uid for uid in UIDS if f"UID:{uid}\r\n" in whole] == list(UIDS)


def test_what_stands_behind_an_end_too_many_is_still_of_that_calendar() -> None:
    whole = calendar(*EVENTS).replace("PRODID", "X-WR-TIMEZONE:Asia/Tokyo\r\nPRODID")
    at = whole.index(EVENTS[1])
    found = split((whole[:at] + END + whole[at:]).encode())
    assert {head.count("X-WR-TIMEZONE:Asia/Tokyo") for head in found.heads.values()} == {1}
    assert len(found.heads) == len(UIDS)
