"""A calendar for every configuration that names one: titles on which patterns are slow, odd ones, and none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.fuzz import values
from tests.support.calendars import calendar, event
from tests.support.world import World

_TITLES = ("AB", values.SLOW_TITLE, "a" * 40 + "!", "", "\u202eevil", "x" * 2000)


def put_practice(world: World) -> None:
    """`~/practice.ics`: sessions of today and the days after."""
    begin = datetime.now(UTC).replace(microsecond=0)
    made = []
    for number, title in enumerate(_TITLES):
        start = begin + timedelta(hours=1 + 20 * number)
        ends = (f"{at:%Y%m%dT%H%M%SZ}" for at in (start, start + timedelta(minutes=50)))
        made.append(event(f"one-{number}", title, *ends, zone=None))
    (world.home / "practice.ics").write_text(calendar(*made), encoding="utf-8", newline="")
