"""How often a feed wants to be asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kepthour_connectors.base import Kind, Known
from kepthour_connectors.ics.connector import Fetched, IcsConnector, Seen
from tests.support.calendars import calendar, event


class Scripted:
    """A source that gives `text` each time; a feed has a fingerprint of its address, a file has none."""

    account = None

    def __init__(self, text: str, source: str | None = "feed") -> None:
        self.data: bytes | None = text.encode()
        self.source = source

    def fetch(self, seen: Seen) -> Fetched:
        return Fetched(self.data, 1, Seen(source=self.source) if self.data is not None else seen)

    def close(self) -> None:
        return


def feed(*head: str) -> str:
    return calendar(event("a"), head=head)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("REFRESH-INTERVAL;VALUE=DURATION:PT10M", timedelta(minutes=10)),
        ("X-PUBLISHED-TTL:PT1H", timedelta(hours=1)),
        ("REFRESH-INTERVAL;VALUE=DURATION:PT5S", timedelta(minutes=5)),  # the floor
        ("X-PUBLISHED-TTL:P30D", timedelta(days=1)),  # nobody's sessions are looked at once a month
        ("X-PUBLISHED-TTL:soon", None),
        ("X-WR-CALNAME:practice", None),
    ],
)
def test_a_feeds_wish_is_read_within_bounds(line: str, expected: timedelta | None) -> None:
    assert IcsConnector(Scripted(feed(line))).poll(Known()).refresh_after == expected


def test_the_wish_is_remembered_while_nothing_changes() -> None:
    source = Scripted(feed("X-PUBLISHED-TTL:PT10M"))
    connector = IcsConnector(source)
    first = connector.poll(Known())
    same = connector.poll(Known(first.cursor, {"x": "y"}))
    assert (same.kind, same.refresh_after) == (Kind.DELTA, timedelta(minutes=10))
    source.data = None  # 304 Not Modified
    assert connector.poll(Known(first.cursor, {"x": "y"})).refresh_after == timedelta(minutes=10)


def test_a_file_is_read_as_often_as_its_owner_likes() -> None:
    assert IcsConnector(Scripted(feed("X-PUBLISHED-TTL:PT10M"), None)).poll(Known()).refresh_after is None
