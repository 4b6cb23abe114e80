"""A store with sessions, answers, questions and cards in it, of which each command line has a fresh copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fuzz.ending import world_in
from tests.support.calendars import calendar, event
from tests.support.world import World

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
_CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
sessions = "rules"
[[calendars]]
name = "other"
type = "ics"
path = "~/other.ics"
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})\\b'
is = "session"
[channels.script]
type = "command"
argv = ["true"]
"""
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Used:
    """A world as it is before each command; `kept` is its home."""

    world: World
    kept: Path
    ids: tuple[str, ...]  # of its sessions and cards


def _event(uid: str, title: str, begins: timedelta, *more: str) -> str:
    start = NOW + begins
    return event(
        uid, title, f"{start:{_STAMP}}", f"{start + timedelta(minutes=50):{_STAMP}}", *more, zone=None
    )


def used_world(folder: Path) -> Used:
    """One session was missed, one has begun, one begins, one is on every week, and more come."""
    world = world_in(folder)
    world.shift_clock(NOW)
    world.configure(_CONFIG)
    minute, day = timedelta(minutes=1), timedelta(days=1)
    mine = [
        _event("missed", "AB", -30 * minute),
        _event("begun", "CD", -3 * minute),
        _event("next", "EF", 55 * minute),
        _event("weekly", "GH", 4 * 60 * minute, "RRULE:FREQ=WEEKLY"),
        *(_event(f"far-{number}", "IJ", number * day) for number in range(1, 8)),
    ]
    (world.home / "practice.ics").write_text(calendar(*mine), newline="")
    (world.home / "other.ics").write_text(calendar(_event("lunch", "Lunch", 120 * minute)), newline="")
    world.cli("sync")
    ids = tuple(one["id"] for one in world.json("agenda", "--from", "today", "--to", "+8d")["sessions"])
    world.cli("settle", ids[0], "missed")
    kept = folder / "kept"
    shutil.copytree(world.home, kept)
    return Used(world, kept, ("1", *ids))


def fresh(used: Used) -> None:
    """As it was."""
    shutil.rmtree(used.world.home)
    shutil.copytree(used.kept, used.world.home)
