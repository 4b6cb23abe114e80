"""Sessions that nobody watched, or of which nothing is known yet: said so, and not counted as accounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.calendars import calendar, event
from tests.support.world import World

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
sessions = "all"
[channels.console]
type = "console"
"""


def one(uid: str, **ago: float) -> str:
    start = datetime.now(UTC) - timedelta(**ago)
    stamps = (f"{at:%Y%m%dT%H%M%SZ}" for at in (start, start + timedelta(minutes=50)))
    return event(uid, "AB", *stamps, zone=None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.configure(CONFIG)
    return made


def put(world: World, *events: str) -> None:
    (world.home / "practice.ics").write_text(calendar(*events), newline="")
    world.cli("sync")


def ids(world: World, start: str, end: str) -> list[Any]:
    return [one["id"] for one in world.json("agenda", "--from", start, "--to", end)["sessions"]]


def test_a_session_before_the_first_watch_is_refused_with_the_reason(world: World) -> None:
    put(world, one("old", days=5))
    (old,) = ids(world, "-10d", "today")
    assert "Kept Hour has never run" in world.cli("settle", old, "missed", expect=1).stderr
    with world.daemon():
        pass
    refused = world.cli("settle", old, "missed", expect=1).stderr
    since = datetime.fromisoformat(world.json("report")["watched_since"])  # with the therapist's own offset
    assert f"watches since {since:%d %b %Y}" in refused
    assert "It cannot be settled, and stands in no report." in refused


def test_a_session_far_ahead_is_refused_with_the_reason(world: World) -> None:
    put(world, one("far", days=-20))
    (far,) = ids(world, "today", "+40d")
    assert "from 8 days before it on" in world.cli("settle", far, "covered", expect=1).stderr


def test_an_id_that_is_none_is_said_to_be_none(world: World) -> None:
    put(world, one("old", days=5))
    assert 'There is no session "nonsense"' in world.cli("settle", "nonsense", "missed", expect=1).stderr


@pytest.mark.parametrize("command", ["sweep", "settle"])
def test_a_session_that_is_on_is_not_accounted_for(world: World, command: str) -> None:
    put(world, one("on", minutes=3))
    with world.daemon():
        told = world.cli(command).stdout
        assert "accounted for" not in told
        assert "No verdict yet for" in told
        (found,) = world.json(command)["undecided"]
        assert (found["session"], found["verdict"]) == (world.json("agenda")["sessions"][0]["id"], None)
        world.cli("here")
        assert "Every session is accounted for." in world.cli(command).stdout


def test_a_session_from_before_it_ran_is_said_to_be_so(world: World) -> None:
    put(world, one("before", hours=2))
    told = world.cli("sweep").stdout
    assert "Kept Hour did not run yet, so it is not asked about." in told
    (before,) = world.json("sweep")["undecided"]
    world.cli("settle", before["session"], "on_time")
    assert "Every session is accounted for." in world.cli("sweep").stdout


def test_a_report_says_since_when_it_watches(world: World) -> None:
    put(world, one("before", hours=2))
    assert "Kept Hour has never run" in world.cli("report").stdout
    assert world.json("report")["watched_since"] is None
    with world.daemon():
        pass
    assert "It watches since" in world.cli("report").stdout
    assert "It watches since" not in world.cli("report", "--from", "tomorrow", "--to", "+2d").stdout
    assert world.json("report")["watched_since"] is not None
    page = world.home / "report.html"
    world.cli("report", "--html", str(page))
    assert "It watches since" in page.read_text(encoding="utf-8")
