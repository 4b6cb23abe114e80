"""Do not disturb: whether this desktop keeps notices from the screen just now. Each says it in another place."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kepthour.ports import ChannelFailed

Ask = Callable[[str, str, str, str, str, list[Any]], Awaitable[list[Any]]]
_SECONDS = 5.0
_PROPERTIES = "org.freedesktop.DBus.Properties"
_SERVER, _SERVER_PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


@dataclass(frozen=True, slots=True)
class _Place:
    """A call that tells; `means` reads from its reply whether notices are kept back."""

    name: str
    path: str
    interface: str
    member: str
    signature: str
    body: tuple[Any, ...]
    means: Callable[[Any], bool]


def _is_on(value: Any) -> bool:
    return getattr(value, "value", value) is True


def _property(path: str, interface: str, name: str) -> _Place:
    return _Place(_SERVER, path, _PROPERTIES, "Get", "ss", (interface, name), _is_on)


# By the name with which a notification server introduces itself, in small letters.
_PLACES = {
    "dunst": _property(_SERVER_PATH, "org.dunstproject.cmd0", "paused"),
    "plasma": _property(_SERVER_PATH, _SERVER, "Inhibited"),
    "mako": _Place(
        "fr.emersion.Mako", "/fr/emersion/Mako", "fr.emersion.Mako", "ListModes", "", (),
        lambda modes: "do-not-disturb" in modes,
    ),
    "swaync": _Place(
        "org.erikreider.swaync.cc", "/org/erikreider/swaync/cc", "org.erikreider.swaync.cc", "GetDnd", "", (), _is_on
    ),
    "xfce notify daemon": _Place(
        "org.xfce.Xfconf", "/org/xfce/Xfconf", "org.xfce.Xfconf", "GetProperty", "ss",
        ("xfce4-notifyd", "/do-not-disturb"), _is_on,
    ),
}  # fmt: skip
_GNOME = ("gsettings", "get", "org.gnome.desktop.notifications", "show-banners")


async def keeps_back(server: str, ask: Ask) -> bool | None:
    """Whether the server that calls itself `server` shows nothing just now; None: that cannot be told. Never raises.

    `ask` makes a call on the session bus: name, path, interface, member, signature, body. Raises ChannelFailed.
    """
    if server.lower() == "gnome-shell":
        return await _banners_are_off()
    place = _PLACES.get(server.lower())
    if place is None:
        return None
    with suppress(ChannelFailed, IndexError, TypeError):  # an older one that has no such thing
        (found, *_rest) = await ask(
            place.name, place.path, place.interface, place.member, place.signature, list(place.body)
        )
        return place.means(found)
    return None


async def _banners_are_off() -> bool | None:
    program = shutil.which(_GNOME[0])
    if program is None:
        return None
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            asked = await asyncio.create_subprocess_exec(
                program, *_GNOME[1:], stdin=nothing, stdout=pipe, stderr=nothing
            )
            try:
                said, _errors = await asked.communicate()
            finally:
                if asked.returncode is None:  # it hangs, and is asked again with each look
                    asked.kill()
            return {b"true": False, b"false": True}.get(said.strip())
    return None
