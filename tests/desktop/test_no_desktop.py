"""Where there is no desktop the channel says in one sentence what is missing, and in one what to do."""

from __future__ import annotations

import shutil

import pytest

from kepthour.channels.desktop import Options, make
from kepthour.ports import ChannelFailed
from tests.support.desktop import NAME
from tests.support.fixtures import require
from tests.support.rungs import rung
from tests.support.session_bus import SessionBus

pytestmark = pytest.mark.desktop


async def said() -> tuple[str, str]:
    channel = make("desktop", Options())
    await channel.open(lambda answer: None)
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(rung(-5), None)
    await channel.close()
    assert caught.value.what.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value.code, caught.value.what


async def test_no_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    assert await said() == ("no-bus", "There is no session bus.")


async def test_no_notification_daemon(session_bus: SessionBus) -> None:
    assert await said() == ("no-daemon", "No notification daemon is running.")


async def test_no_display(session_bus: SessionBus) -> None:
    dunst = shutil.which("dunst")
    require([] if dunst else ["dunst"])
    unset = ["-u", "DISPLAY", "-u", "WAYLAND_DISPLAY"]
    session_bus.start_on_demand(NAME, ["/usr/bin/env", *unset, str(dunst)])
    assert await said() == ("not-started", "The notification daemon could not be started.")
