"""The desktop as a fixture; without its programs its tests are skipped by name, and in CI they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.desktop import Desktop, missing_programs
from tests.support.logind import Desktops, missing_for_desktops
from tests.support.monitors import Monitors, missing_for_monitors
from tests.support.servers import SERVERS, is_there
from tests.support.session_bus import PROGRAMS as BUS_PROGRAMS
from tests.support.session_bus import SessionBus
from tests.support.stage import Stage
from tests.support.user_manager import UserManager, missing_for_systemd
from tests.support.world import World


def require(missing: list[str]) -> None:
    """Without these programs the test is skipped by name; in CI it fails."""
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"missing in CI: {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: run make test as root, or install them")


@pytest.fixture
def turnable_clock() -> None:
    """For tests that turn a process's clock: that takes a C compiler."""
    require([] if shutil.which("cc") else ["cc"])


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """Xvfb, a session bus and dunst; this process is on that bus, too."""
    require(missing_programs())
    with Desktop(tmp_path / "desktop") as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.address)
        monkeypatch.setenv("DISPLAY", made.env["DISPLAY"])
        yield made


@pytest.fixture
def logind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktops]:
    """A logind with desktops that a test locks; this process asks it."""
    require(missing_for_desktops())
    with Desktops() as made:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", made.address)
        yield made


@pytest.fixture
def session_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionBus]:
    """A bus with nobody on it; this process is on it, too."""
    require([program for program in BUS_PROGRAMS if not is_there(program)])
    with SessionBus(tmp_path / "session-bus") as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.address)
        yield made


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
def each_desktop(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desktop]:
    """The same with each notification daemon in turn, its buttons painted so that they can be pressed."""
    require(missing_programs(request.param))
    with Desktop(tmp_path / "desktop", request.param) as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.address)
        yield made


@pytest.fixture
async def stage(each_desktop: Desktop) -> AsyncIterator[Stage]:
    """The channel on each desktop in turn."""
    made = Stage(each_desktop)
    await made.channel.open(made.answers.append)
    yield made
    await made.channel.close()


@pytest.fixture
def user_manager(tmp_path: Path) -> Iterator[UserManager]:
    """A real systemd of a user's own, on a machine that has an alarm clock; its `world` is that user's."""
    require(missing_for_systemd() + ([] if shutil.which("cc") else ["cc"]))
    with UserManager(World(tmp_path)) as made:
        yield made


@pytest.fixture
def monitors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitors]:
    """An X server with two monitors; what this process starts appears there."""
    require(missing_for_monitors())
    with Monitors(tmp_path / "monitors") as made:
        for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DISPLAY", made.env["DISPLAY"])
        yield made
