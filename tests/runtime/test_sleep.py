"""Hearing of sleep, on a real bus."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kepthour.runtime.sleep import SleepWatch
from tests.support.fixtures import require
from tests.support.logind import Logind


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
