"""`kepthour check` on a desktop: which program shows notices, and whether "do not disturb" keeps them back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from kepthour.channels.desktop.silence import keeps_back
from kepthour.ports import ChannelFailed
from tests.support.desktop import Desktop
from tests.support.world import World

CONFIG = '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\n'


def found_on(desktop: Desktop, folder: Path) -> list[dict[str, Any]]:
    world = World(folder)
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    world.configure(CONFIG)
    return [one for one in world.json("check", expect=1)["checks"] if one["name"] == "channel"]


@pytest.mark.desktop
def test_the_notification_server_is_named_and_that_it_shows_something(
    tmp_path: Path, desktop: Desktop
) -> None:
    found = found_on(desktop, tmp_path)
    assert [one["state"] for one in found] == ["ok", "ok"]
    assert found[1]["what"].startswith("Notices are shown by dunst, ")
    assert "cannot be told" not in found[1]["what"]


@pytest.mark.desktop
def test_do_not_disturb_is_a_problem(tmp_path: Path, desktop: Desktop) -> None:
    subprocess.run(["dunstctl", "set-paused", "true"], env=desktop.env, check=True)
    *_, found = found_on(desktop, tmp_path)
    assert (found["state"], found["critical"]) == ("problem", True)
    assert found["what"].startswith('"Do not disturb" is on (dunst)')
    assert found["remedy"] == "Turn it off on your desktop before your sessions."


REPLIES: dict[str, list[tuple[Any, bool | None]]] = {
    "Plasma": [([True], True), ([False], False)],
    "mako": [([["default", "do-not-disturb"]], True), ([["default"]], False)],
    "SwayNC": [([True], True), ([False], False)],
    "Xfce Notify Daemon": [([True], True), ([False], False), (None, None)],
    "Nobody's": [([True], None)],
}


@pytest.mark.parametrize(
    ("server", "reply", "expected"), [(name, *one) for name, many in REPLIES.items() for one in many]
)
async def test_each_desktop_is_asked_in_its_own_way(server: str, reply: Any, expected: bool | None) -> None:
    async def ask(*_call: Any) -> list[Any]:
        if reply is None:
            raise ChannelFailed("refused", "It has no such thing.", "")
        return list(reply)

    assert await keeps_back(server, ask) is expected


@pytest.mark.parametrize(("said", "expected"), [("false", True), ("true", False), ("", None)])
async def test_gnome_says_it_in_its_settings(
    said: str, expected: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "gsettings"
    wanted = "get org.gnome.desktop.notifications show-banners"
    program.write_text(f'#!/bin/sh\n[ "$*" = "{wanted}" ] && echo {said}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    async def ask(*_call: Any) -> list[Any]:
        raise AssertionError("GNOME is not asked on the bus")

    assert await keeps_back("gnome-shell", ask) is expected
