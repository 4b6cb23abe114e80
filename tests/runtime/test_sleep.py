"""Hearing of sleep, on a real bus."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour.runtime.sleep import SleepWatch
from tests.support.calendars import calendar, event
from tests.support.fixtures import require
from tests.support.logind import Logind
from tests.support.world import World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
poll = "1h"
sessions = "all"
[[reminders.rungs]]
at = "-20m"
[digests]
enabled = false
[sweep]
enabled = false
[channels.script]
type = "command"
argv = @SCRIPT@
"""


@asynccontextmanager
async def watching(heard: asyncio.Queue[str]) -> AsyncIterator[None]:
    watch = SleepWatch(
        lambda: heard.put_nowait("going"), lambda: heard.put_nowait("back"), again_seconds=0.01
    )
    task = asyncio.create_task(watch.watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def hears(logind: Logind, heard: asyncio.Queue[str], going: bool) -> str:
    """What is heard of an announcement; it is made again until somebody listens."""
    while heard.empty():
        logind.announce(going)
        await asyncio.sleep(0.05)
    return heard.get_nowait()


@pytest.fixture
def heard() -> asyncio.Queue[str]:
    require([] if shutil.which("dbus-daemon") else ["dbus-daemon"])
    return asyncio.Queue()


async def test_going_to_sleep_and_waking_up_are_heard(
    heard: asyncio.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Logind() as logind:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", logind.address)
        async with watching(heard), asyncio.timeout(20):
            assert await hears(logind, heard, going=True) == "going"
            while not heard.empty():
                heard.get_nowait()
            logind.announce(going=False)
            while (last := await heard.get()) == "going":
                pass
            assert last == "back"


async def test_a_bus_that_comes_later_is_found(
    heard: asyncio.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Logind()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", later.address)
    async with watching(heard), asyncio.timeout(20):
        await asyncio.sleep(0)  # the first try, at nothing
        with later as logind:
            assert await hears(logind, heard, going=False) == "back"


async def test_other_programs_that_talk_of_sleep_are_not_heard(
    heard: asyncio.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Logind() as logind:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", logind.address)
        async with watching(heard), asyncio.timeout(20):
            await hears(logind, heard, going=False)
            while not heard.empty():
                heard.get_nowait()
            call = ["busctl", f"--address={logind.address}", "emit", "/org/freedesktop/login1"]
            other = await asyncio.create_subprocess_exec(
                *call, "org.freedesktop.login1.Manager", "PrepareForSleep", "b", "true"
            )
            assert await other.wait() == 0
            logind.announce(going=False)
            assert await heard.get() == "back"


def test_a_machine_that_is_back_is_reminded_at_once(tmp_path: Path, turnable_clock: None) -> None:
    """By itself the pump would turn 15 s after its last turn, which is the one after the first poll."""
    require([] if shutil.which("dbus-daemon") else ["dbus-daemon"])
    world, start = World(tmp_path), datetime.now(UTC) + timedelta(hours=3)
    world.configure(CONFIG)
    stamp = "%Y%m%dT%H%M%SZ"
    text = calendar(
        event("one", "AB", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
    )
    (world.home / "practice.ics").write_text(text, encoding="utf-8", newline="")
    world.shift_clock(datetime.now(UTC))
    with Logind() as logind:
        world.env["DBUS_SYSTEM_BUS_ADDRESS"] = logind.address
        with world.daemon() as daemon:
            eventually(lambda: world.json("agenda")["sessions"], "the session")

            def heard() -> bool:  # announced again until the daemon has come to the bus
                logind.announce(going=True)
                return "sleep.going" in daemon.said()

            eventually(heard, "logind to be heard")
            assert world.rungs() == []
            world.shift_clock(start - timedelta(minutes=19))
            logind.announce(going=False)
            assert eventually(world.rungs, "the reminder", within=12) == ["-20m"]
