"""`kepthour run` as a service of a real systemd."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.calendars import calendar, event
from tests.support.user_manager import UserManager
from tests.support.world import KEPTHOUR, World, eventually

CALENDAR = """
[[calendars]]
name = "{name}"
type = "ics"
path = "~/practice.ics"
sessions = "all"
"""
CONFIG = f"""
timezone = "Europe/Berlin"
[digests]
enabled = false
[sweep]
enabled = false
[channels.script]
type = "command"
argv = @SCRIPT@
{CALENDAR.format(name="practice")}"""
UNIT = """
[Service]
Type=notify
ExecStart={command}
ExecReload=/bin/sh -c 'kill -s HUP "$MAINPID"'
Restart=always
RestartSec=0
StandardError=append:{log}
{more}
"""
SERVICE = "kepthour.service"


@pytest.fixture
def world(user_manager: UserManager) -> World:
    made = user_manager.world
    start = datetime.now(UTC) + timedelta(hours=3)
    stamp = "%Y%m%dT%H%M%SZ"
    text = calendar(
        event("one", "AB", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
    )
    (made.home / "practice.ics").write_text(text, encoding="utf-8", newline="")
    made.configure(CONFIG)
    return made


def install(manager: UserManager, *more: str, command: str = f"{KEPTHOUR} run") -> Path:
    """The unit, with `more` lines in its [Service]; returns where its standard error goes."""
    log = manager.world.folder / "service.log"
    manager.install(SERVICE, UNIT.format(command=command, log=log, more="\n".join(more)))
    return log


def is_active(manager: UserManager) -> bool:
    return manager.show(SERVICE, "ActiveState") == "active"


def restarted(manager: UserManager, process: str) -> bool:
    """Whether another process than this one has taken up the work, since systemd ended that one."""
    another = manager.show(SERVICE, "MainPID") not in {"0", process}
    return another and is_active(manager) and manager.show(SERVICE, "NRestarts") != "0"


def fed_for(manager: UserManager) -> float:
    """For how many seconds the running daemon has given signs of life; 0: not once."""
    ready, sign = (
        int(manager.show(SERVICE, f"{key}TimestampMonotonic")) for key in ("ActiveEnter", "Watchdog")
    )
    return (sign - ready) / 1e6 if sign - ready > 10_000 else 0  # the watchdog itself counts from READY


def test_the_service_is_active_only_after_the_take_up(user_manager: UserManager, world: World) -> None:
    address = f"{world.env['XDG_RUNTIME_DIR']}/silent"
    with socket.socket(socket.AF_UNIX) as silent:  # a session bus that accepts, and says nothing
        silent.bind(address)
        silent.listen()
        silent.settimeout(20)
        world.configure(CONFIG + '[channels.desktop]\ntype = "desktop"\n')
        install(user_manager, f"Environment=DBUS_SESSION_BUS_ADDRESS=unix:path={address}")
        user_manager.systemctl("start", "--no-block", SERVICE)
        connection, _address = silent.accept()
        assert user_manager.show(SERVICE, "ActiveState") == "activating"
        connection.close()
    eventually(lambda: is_active(user_manager), "the service")
    assert user_manager.show(SERVICE, "StatusText") == "Watching 1 calendar."


def test_a_reload_takes_up_the_configuration_without_a_restart(
    user_manager: UserManager, world: World
) -> None:
    install(user_manager)
    user_manager.systemctl("start", SERVICE)
    process = user_manager.show(SERVICE, "MainPID")
    world.configure(CONFIG + CALENDAR.format(name="second"))
    user_manager.systemctl("reload", SERVICE)
    eventually(lambda: user_manager.show(SERVICE, "StatusText") == "Watching 2 calendars.", "the reload")
    world.configure("nonsense = 1")
    user_manager.systemctl("reload", SERVICE)
    refusal = "could not be taken up: the one before it stays."
    eventually(lambda: user_manager.show(SERVICE, "StatusText").endswith(refusal), "the refusal")
    assert is_active(user_manager)
    assert user_manager.show(SERVICE, "MainPID") == process


def test_a_daemon_reload_of_systemd_changes_nothing(user_manager: UserManager, world: World) -> None:
    install(user_manager, "WatchdogSec=4")
    user_manager.systemctl("start", SERVICE)
    process = user_manager.show(SERVICE, "MainPID")
    user_manager.systemctl("daemon-reload")
    signs = fed_for(user_manager)
    eventually(lambda: fed_for(user_manager) > signs + 5, "signs of life, as before")
    assert user_manager.show(SERVICE, "MainPID") == process
    assert user_manager.show(SERVICE, "StatusText") == "Watching 1 calendar."


def test_a_stop_is_clean(user_manager: UserManager, world: World) -> None:
    log = install(user_manager)
    user_manager.systemctl("start", SERVICE)
    user_manager.systemctl("stop", SERVICE)
    assert [user_manager.show(SERVICE, key) for key in ("ActiveState", "Result", "ExecMainStatus")] == [
        "inactive", "success", "0",
    ]  # fmt: skip
    assert "daemon.stopped" in log.read_text(encoding="utf-8")


def test_the_watchdog_leaves_a_healthy_daemon_alone(user_manager: UserManager, world: World) -> None:
    install(user_manager, "WatchdogSec=4")
    user_manager.systemctl("start", SERVICE)
    process = user_manager.show(SERVICE, "MainPID")
    eventually(lambda: fed_for(user_manager) > 5, "signs of life for longer than the watchdog waits")
    assert user_manager.show(SERVICE, "MainPID") == process
    assert user_manager.show(SERVICE, "NRestarts") == "0"


def test_a_daemon_that_stands_still_is_restarted(user_manager: UserManager, world: World) -> None:
    install(user_manager, "WatchdogSec=4")
    user_manager.systemctl("start", SERVICE)
    process = user_manager.show(SERVICE, "MainPID")
    user_manager.systemctl("kill", "--signal=STOP", SERVICE)
    eventually(lambda: restarted(user_manager, process), "the watchdog, and the service again", within=60)


def test_a_process_that_lives_while_its_pump_hangs_is_restarted(
    user_manager: UserManager, world: World
) -> None:
    """The event loop goes on, and so would a watchdog that is fed by a timer."""
    hang = world.folder / "hang"
    python = KEPTHOUR.with_name("python")
    program = Path(__file__).with_name("hanging.py")
    log = install(user_manager, "WatchdogSec=4", command=f"{python} {program} {hang} run")
    user_manager.systemctl("start", SERVICE)
    eventually(lambda: fed_for(user_manager) > 0, "a first sign of life")
    process = user_manager.show(SERVICE, "MainPID")
    hang.touch()
    eventually(
        lambda: "watchdog.withheld" in log.read_text(encoding="utf-8"), "the hang to be noticed", within=60
    )
    hang.unlink()
    eventually(lambda: restarted(user_manager, process), "the watchdog, and the service again", within=60)
