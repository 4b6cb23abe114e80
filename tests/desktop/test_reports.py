"""What went wrong on other programs' desktops, by the number of its report: the real daemon on a real desktop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.desktop.test_daemon_on_a_desktop import CONFIG
from tests.support.calendars import calendar, event
from tests.support.desktop import Desktop
from tests.support.world import World, eventually

pytestmark = pytest.mark.desktop

OFTEN = CONFIG.replace('type = "ics"', 'type = "ics"\npoll = "1s"')  # its one rung is due 20 minutes before
SOON, LATER = timedelta(minutes=10), timedelta(hours=3)


@pytest.fixture
def world(tmp_path: Path, desktop: Desktop) -> World:
    made = World(tmp_path)
    come_to(made, desktop)
    made.configure(OFTEN)
    put(made, SOON)
    return made


def come_to(world: World, desktop: Desktop) -> None:
    """What this machine starts from now on is on this desktop."""
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}


def put(world: World, starts_in: timedelta, *more: str, title: str = "AB") -> None:
    """The session "one", and others to come, so that the calendar may lose that one."""
    write(world, _event("one", starts_in, *more, title=title))


def write(world: World, *events: str) -> None:
    others = [_event(f"other-{days}", timedelta(days=days)) for days in (20, 21, 22)]
    file = world.home / "practice.ics"
    file.with_suffix(".new").write_text(calendar(*events, *others), encoding="utf-8", newline="")
    file.with_suffix(".new").rename(file)


def _event(uid: str, starts_in: timedelta, *more: str, title: str = "AB") -> str:
    start = datetime.now(UTC) + starts_in
    stamp = "%Y%m%dT%H%M%SZ"
    end = start + timedelta(minutes=50)
    return event(uid, title, f"{start:{stamp}}", f"{end:{stamp}}", *more, zone=None)


HAPPENS: dict[str, Callable[[World], None]] = {
    "moved": lambda world: put(world, LATER),
    "cancelled": lambda world: put(world, SOON, "STATUS:CANCELLED"),
    "titled as cancelled": lambda world: put(world, SOON, title="Canceled: AB"),
}


@pytest.mark.parametrize("happens", HAPPENS.values(), ids=HAPPENS.keys())
def test_what_no_longer_holds_leaves_the_screen(
    world: World, desktop: Desktop, happens: Callable[[World], None]
) -> None:
    """FossifyOrg/Calendar#855: a notice stayed on the screen after its event had moved or gone.

    kewisch/gdata-provider#700: and could not be dismissed, for it was about a time that no longer held.
    """
    with world.daemon():
        eventually(lambda: desktop.count() == 1, "the notice")
        happens(world)
        eventually(lambda: desktop.count() == 0, "the notice to go")
    (first,) = [
        one for one in world.json("log")["deliveries"] if one["state"] not in {"pending", "superseded"}
    ]
    assert first["state"] == "withdrawn"


def test_a_deleted_session_leaves_the_question_in_place_of_its_notice(world: World, desktop: Desktop) -> None:
    """FossifyOrg/Calendar#855, for an event that is simply gone: so near its start that is asked about."""
    with world.daemon():
        eventually(lambda: desktop.count() == 1, "the notice")
        write(world)
        eventually(
            lambda: any("gone from the calendar" in title for title in desktop.shown()), "the question"
        )
        assert len(desktop.shown()) == 1


def test_an_unanswered_notice_is_on_the_screen_again_after_a_reboot(world: World, desktop: Desktop) -> None:
    """FossifyOrg/Calendar#897: what was on the screen and not yet answered was gone after a reboot."""
    with world.daemon() as before:
        eventually(
            lambda: [one["state"] for one in world.json("log")["deliveries"]] == ["sent"], "the notice"
        )
        before.kill()
    desktop.kill_bus()
    desktop.start_bus()
    desktop.start_server()
    come_to(world, desktop)
    with world.daemon():
        eventually(lambda: desktop.count() == 1, "the notice, after the reboot")
        desktop.press("here")
        eventually(lambda: desktop.count() == 0, "the check-in")
        assert world.json("agenda")["sessions"][0]["verdict"] == "on_time"
