"""From Google's record of a call to the verdict: the real connector, the real source, a fake Google."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.verdict import Verdict
from kepthour_connectors.google import CALENDAR_SCOPES, Options
from tests.support.day import when
from tests.support.google_day import GoogleDay, google_day

ROOM = "abc-mnop-xyz"
TEN = when("2026-03-02 10:00")


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[GoogleDay]:
    with google_day(tmp_path, "2026-03-02 09:40", more="meet = true") as day:
        day.day.config = day.day.config.replace(
            "meet = true", f'meet = true\nmeet_endpoint = "{day.google.meet_endpoint}"'
        )
        day.day.start()
        day.sign_in(Options(meet=True).scopes)
        day.calendar.create("AB", "2026-03-02T10:00", location=f"https://meet.google.com/{ROOM}")
        day.poll()
        yield day


async def test_who_joined_the_meet_of_the_event_is_on_time(anna: GoogleDay) -> None:
    call = anna.anna.meet.hold(ROOM, TEN - timedelta(minutes=2), None)
    anna.anna.meet.join(call, [(TEN - timedelta(minutes=1), None)], user=anna.anna.user, name="Anna")
    await anna.day.until("2026-03-02 10:30")
    assert anna.day.only().verdict is Verdict.ON_TIME
    assert anna.day.rungs()[-1] == ("10:02:00", "+2m")


async def test_a_client_who_waits_alone_in_the_meet_is_no_proof(anna: GoogleDay) -> None:
    call = anna.anna.meet.hold(ROOM, TEN - timedelta(minutes=2), None)
    anna.anna.meet.join(call, [(TEN - timedelta(minutes=1), None)], name="AB")
    await anna.day.until("2026-03-02 10:30")
    assert anna.day.only().verdict is Verdict.SUSPECTED_MISS


async def test_without_the_right_to_ask_it_is_as_before(anna: GoogleDay) -> None:
    anna.sign_in(CALENDAR_SCOPES)
    await anna.day.until("2026-03-02 10:30")
    assert anna.day.only().verdict is Verdict.SUSPECTED_MISS
