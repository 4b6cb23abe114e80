"""Waking the machine in time, with the timers of a real systemd."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.calendars import calendar, event
from tests.support.fixtures import require
from tests.support.logind import Logind
from tests.support.user_manager import UserManager, missing_for_systemd
from tests.support.world import KEPTHOUR, World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
poll = "1s"
sessions = "all"
[digests]
enabled = false
[sweep]
enabled = false
[[reminders.rungs]]
at = "-20m"
[[reminders.rungs]]
at = "+3m"
[channels.script]
type = "command"
argv = @SCRIPT@
[wake]
enabled = {enabled}
before = "10m"
"""
UNIT = """
[Service]
Type=notify
ExecStart={kepthour} run
ExecReload=/bin/sh -c 'kill -s HUP "$MAINPID"'
Environment=DBUS_SYSTEM_BUS_ADDRESS={bus}
StandardError=append:{log}
"""
SERVICE = "kepthour.service"
TOO_LATE = """
from datetime import UTC, datetime, timedelta
from pathlib import Path
from kepthour.runtime.wake import WakeTimer
timer, tomorrow = WakeTimer(Path("store")), datetime.now(UTC) + timedelta(days=1)
timer.set(tomorrow)
timer.remove()
timer.set(tomorrow)
"""
STOPPED = """
from datetime import UTC, datetime, timedelta
from pathlib import Path
from kepthour.runtime.wake import WakeTimer
timer = WakeTimer(Path("store"))
timer.set(datetime.now(UTC) + timedelta(days=1))
Path({mark!r}).touch()
timer.remove()
"""
ENDED_ONCE = """#!/bin/sh
test ! -e {mark} || {{ rm {mark}; kill -TERM $$; }}
exec {systemctl} "$@"
"""
ABILITY = "from kepthour.runtime.wake import ability; found = ability(); print(found and found.code)"


def put(world: World, *starts: datetime) -> None:
    """The calendar now holds a session at each of these instants; the first is always the same one."""
    stamp = "%Y%m%dT%H%M%SZ"
    events = [
        event(f"no-{number}", "AB", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
        for number, start in enumerate(starts)
    ]
    file = world.home / "practice.ics"
    file.with_suffix(".new").write_text(calendar(*events), encoding="utf-8", newline="")
    file.with_suffix(".new").rename(file)


def wakes(manager: UserManager) -> list[str]:
    """When the timers that stand will wake the machine."""
    return [at for name, at in manager.timers().items() if name.startswith("kepthour-wake-")]


def before(start: datetime) -> list[str]:
    """The one timer that is right for a session at `start`: ten minutes before its rung at -20m."""
    return [f"{start - timedelta(minutes=30):%a %Y-%m-%d %H:%M:%S} UTC"]


@pytest.fixture
def logind() -> Iterator[Logind]:
    require([] if shutil.which("dbus-daemon") else ["dbus-daemon"])
    with Logind() as made:
        yield made


def install(manager: UserManager, bus: str = "") -> World:
    """The service, with waking switched on."""
    world = manager.world
    world.env["TZ"] = "UTC"  # systemctl shows local times
    world.configure(CONFIG.format(enabled="true"))
    log = world.folder / "service.log"
    manager.install(SERVICE, UNIT.format(kepthour=KEPTHOUR, bus=bus, log=log))
    return world


@pytest.fixture
def world(user_manager: UserManager, logind: Logind) -> World:
    return install(user_manager, logind.address)


@pytest.fixture
def start() -> datetime:
    """When the session begins: tomorrow, at a whole minute."""
    return (datetime.now(UTC) + timedelta(days=1)).replace(second=0, microsecond=0)


def test_the_timer_goes_with_the_session(user_manager: UserManager, world: World, start: datetime) -> None:
    put(world, start)
    user_manager.systemctl("start", SERVICE)
    eventually(lambda: wakes(user_manager) == before(start), "the timer")
    (name,) = (one for one in user_manager.timers() if one.startswith("kepthour-wake-"))
    assert [user_manager.show(name, key) for key in ("WakeSystem", "AccuracyUSec")] == ["yes", "1s"]
    moved = start + timedelta(hours=2)
    put(world, moved)
    eventually(lambda: wakes(user_manager) == before(moved), "the timer to move")
    put(world, moved, start)
    eventually(lambda: wakes(user_manager) == before(start), "the timer of the session that is now the first")
    put(world, moved)
    eventually(lambda: wakes(user_manager) == before(moved), "the timer of the session that is left")


def test_without_a_session_nothing_wakes_the_machine(
    user_manager: UserManager, world: World, start: datetime
) -> None:
    put(world, start, start + timedelta(hours=5))
    user_manager.systemctl("start", SERVICE)
    eventually(lambda: wakes(user_manager) == before(start), "the timer")
    cancelled = "STATUS:CANCELLED\r\nEND:VEVENT"
    file = world.home / "practice.ics"
    text = file.read_text(encoding="utf-8").replace("END:VEVENT", cancelled.replace("\r\n", "\n"))
    file.with_suffix(".new").write_text(text, encoding="utf-8")
    file.with_suffix(".new").rename(file)
    eventually(lambda: wakes(user_manager) == [], "the timer to go")


def test_the_timer_outlives_a_crash_and_goes_with_a_stop(
    user_manager: UserManager, world: World, start: datetime
) -> None:
    put(world, start)
    user_manager.systemctl("start", SERVICE)
    eventually(lambda: wakes(user_manager) == before(start), "the timer")
    user_manager.systemctl("kill", "--signal=KILL", SERVICE)
    eventually(lambda: user_manager.show(SERVICE, "ActiveState") == "failed", "the crash")
    assert wakes(user_manager) == before(start)
    moved = start + timedelta(hours=2)
    put(world, moved)
    user_manager.systemctl("start", SERVICE)
    eventually(lambda: wakes(user_manager) == before(moved), "the timer to move")
    user_manager.systemctl("stop", SERVICE)
    assert wakes(user_manager) == []


def test_what_comes_after_the_end_sets_no_timer(user_manager: UserManager) -> None:
    """A turn of the daemon's may still be about to set it while the daemon already ends."""
    found = user_manager.run(str(KEPTHOUR.with_name("python")), "-c", TOO_LATE)
    assert (found.stderr, wakes(user_manager)) == ("", [])


def test_a_stop_that_ends_its_helper_as_well_leaves_no_timer(
    user_manager: UserManager, tmp_path: Path
) -> None:
    """A service is stopped with all that runs in it: the program that is to remove the timer, too."""
    helper = tmp_path / "bin" / "systemctl"
    helper.parent.mkdir()
    mark = tmp_path / "stopping"
    helper.write_text(ENDED_ONCE.format(mark=mark, systemctl=shutil.which("systemctl")))
    helper.chmod(0o700)
    path = f"PATH={helper.parent}:{user_manager.world.env['PATH']}"
    found = user_manager.run(
        "env", path, str(KEPTHOUR.with_name("python")), "-c", STOPPED.format(mark=str(mark))
    )
    assert not mark.exists()
    assert (found.stderr, wakes(user_manager)) == ("", [])


def test_switched_off_it_goes(user_manager: UserManager, world: World, start: datetime) -> None:
    put(world, start)
    user_manager.systemctl("start", SERVICE)
    eventually(lambda: wakes(user_manager) == before(start), "the timer")
    world.configure(CONFIG.format(enabled="false"))
    user_manager.systemctl("reload", SERVICE)
    eventually(lambda: wakes(user_manager) == [], "the timer to go")


def test_a_timer_that_was_taken_away_is_set_again_before_a_sleep(
    user_manager: UserManager, world: World, start: datetime, logind: Logind
) -> None:
    put(world, start)
    user_manager.systemctl("start", SERVICE)
    eventually(lambda: wakes(user_manager) == before(start), "the timer")
    user_manager.systemctl("stop", "kepthour-wake-*.timer")
    assert wakes(user_manager) == []

    def stands() -> bool:  # announced again until the daemon has come to the bus
        logind.announce(going=True)
        return wakes(user_manager) == before(start)

    eventually(stands, "the timer, again")


def test_where_it_cannot_be_woken_the_daemon_says_so_once_and_goes_on(
    tmp_path: Path, start: datetime
) -> None:
    require(missing_for_systemd() + ([] if shutil.which("cc") else ["cc"]))
    with UserManager(World(tmp_path), alarm_clock=False) as manager:
        world = install(manager)
        put(world, start)
        manager.systemctl("start", SERVICE)
        log = world.folder / "service.log"
        eventually(lambda: "wake.refused" in log.read_text(encoding="utf-8"), "the refusal")
        soon = datetime.now(UTC) + timedelta(minutes=5)
        put(world, soon)  # its rung is due
        eventually(lambda: world.rungs() == ["-20m"], "the reminder")
        assert log.read_text(encoding="utf-8").count("wake.refused") == 1
        assert manager.systemctl("list-units", "--all", "--plain", "--no-legend", "kepthour-wake-*") == ""


@pytest.mark.parametrize(
    ("alarm_clock", "may_wake", "code"),
    [(True, True, "None"), (False, True, "no-clock"), (True, False, "not-allowed")],
)
def test_what_stands_in_the_way_is_found_by_trying(
    tmp_path: Path, alarm_clock: bool, may_wake: bool, code: str
) -> None:
    require(missing_for_systemd() + ([] if shutil.which("cc") else ["cc"]))
    with UserManager(World(tmp_path), alarm_clock=alarm_clock, may_wake=may_wake) as manager:
        found = manager.run(str(KEPTHOUR.with_name("python")), "-c", ABILITY)
        assert (found.stdout.strip(), found.stderr) == (code, "")
        assert wakes(manager) == []
