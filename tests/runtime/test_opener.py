"""A link, or a mail, goes to the desktop's portal, or else to xdg-open; and never a link that is not allowed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kepthour.core.privacy import Phi
from kepthour.runtime import portal as real
from kepthour.runtime.opener import open_link, open_mail
from tests.support.portal import Portal, portal
from tests.support.session_bus import SessionBus

ROOM = "https://zoom.us/j/123?pwd=a%20b"
OWN = ("video.example.org",)
_STUB = """\
#!/bin/sh
printf '%s|%s|%s\\n' "$1" "$XDG_ACTIVATION_TOKEN" "$DESKTOP_STARTUP_ID" >>'{file}'
exit {code}
"""


class XdgOpen:
    """A stub that keeps what it is called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "called"
        self.ends_with(0)

    def ends_with(self, code: int) -> None:
        program = self.folder / "xdg-open"
        program.write_text(_STUB.format(file=self._file, code=code), encoding="utf-8")
        program.chmod(0o755)

    @property
    def called(self) -> list[str]:
        return self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []


@pytest.fixture
def xdg_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> XdgOpen:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return XdgOpen(folder)


async def test_a_link_is_opened_by_the_portal_with_the_token_of_the_click(
    session_bus: SessionBus, xdg_open: XdgOpen
) -> None:
    async with portal(session_bus.address, Portal()) as desktop:
        assert await open_link(Phi(ROOM), (), "token-1")
    assert desktop.opened == [(ROOM, "token-1")]
    assert xdg_open.called == []


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/j/1",
        "http://zoom.us/j/1",
        "https://zoom.us.evil.example/",
        "https://zoom.us@evil.example/",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_link_that_is_not_allowed_goes_nowhere(
    session_bus: SessionBus, xdg_open: XdgOpen, link: str
) -> None:
    async with portal(session_bus.address, Portal()) as desktop:
        assert not await open_link(Phi(link), OWN)
    assert (desktop.opened, xdg_open.called) == ([], [])


async def test_a_host_of_the_therapists_own_is_allowed(session_bus: SessionBus, xdg_open: XdgOpen) -> None:
    async with portal(session_bus.address, Portal()) as desktop:
        assert await open_link(Phi("https://video.example.org/room"), OWN)
    assert desktop.opened == [("https://video.example.org/room", "")]


@pytest.mark.parametrize("desktop", [Portal(response=2), Portal(opens=False)], ids=["fails", "cannot"])
async def test_what_a_portal_cannot_open_goes_to_xdg_open(
    session_bus: SessionBus, xdg_open: XdgOpen, desktop: Portal
) -> None:
    async with portal(session_bus.address, desktop):
        assert await open_link(Phi(ROOM), (), "token-1")
    assert xdg_open.called == [f"{ROOM}|token-1|token-1"]


async def test_who_declined_to_choose_a_browser_is_not_given_one(
    session_bus: SessionBus, xdg_open: XdgOpen
) -> None:
    async with portal(session_bus.address, Portal(response=1)):
        assert not await open_link(Phi(ROOM), ())
    assert xdg_open.called == []


async def test_who_is_still_choosing_a_browser_is_given_no_second_one(
    session_bus: SessionBus, xdg_open: XdgOpen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real, "_CHOOSING_SECONDS", 0.05)
    async with portal(session_bus.address, Portal(response=None)):
        assert await open_link(Phi(ROOM), ())
    assert xdg_open.called == []


async def test_without_a_portal_xdg_open_has_it(session_bus: SessionBus, xdg_open: XdgOpen) -> None:
    assert await open_link(Phi(ROOM), ())
    assert xdg_open.called == [f"{ROOM}||"]


@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus", "nonsense", "unix:"])
async def test_without_a_bus_xdg_open_has_it(
    xdg_open: XdgOpen, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert await open_link(Phi(ROOM), ())
    assert xdg_open.called == [f"{ROOM}||"]


async def test_a_browser_that_cannot_be_had_is_no_error_but_told(
    session_bus: SessionBus, xdg_open: XdgOpen
) -> None:
    xdg_open.ends_with(3)
    assert not await open_link(Phi(ROOM), ())
    (xdg_open.folder / "xdg-open").unlink()
    assert not await open_link(Phi(ROOM), ())


DRAFT = "Guten Tag [Name],\n\nUm 14:00 & später: 100 % [Termine]?"
MAIL = (
    "mailto:?subject=Unser%20Termin&body=Guten%20Tag%20%5BName%5D%2C%0D%0A%0D%0AUm%2014%3A00%20%26%20sp%C3%A4ter"
    "%3A%20100%20%25%20%5BTermine%5D%3F"
)


async def test_a_mail_is_begun_by_the_portal_to_nobody_and_with_every_line(
    session_bus: SessionBus, xdg_open: XdgOpen
) -> None:
    async with portal(session_bus.address, Portal()) as desktop:
        assert await open_mail("Unser Termin", Phi(DRAFT))
    assert desktop.opened == [(MAIL, "")]
    assert xdg_open.called == []
    parts = urlsplit(MAIL)
    assert (parts.netloc, parts.path) == ("", "")
    assert parse_qs(parts.query) == {"subject": ["Unser Termin"], "body": [DRAFT.replace("\n", "\r\n")]}


async def test_a_mail_without_a_portal_is_begun_by_xdg_open(
    session_bus: SessionBus, xdg_open: XdgOpen
) -> None:
    assert await open_mail("Unser Termin", Phi(DRAFT))
    assert xdg_open.called == [f"{MAIL}||"]
    xdg_open.ends_with(3)
    assert not await open_mail("Unser Termin", Phi(DRAFT))
