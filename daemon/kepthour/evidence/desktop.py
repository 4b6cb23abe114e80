"""Evidence from this machine: is the therapist's desktop locked or idle? logind is asked, on the system bus.

It is told, and concluded from by nobody: an unlocked desktop proves no session, and a locked one disproves none.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from kepthour.core.errors import NeedsPerson
from kepthour.core.spells import Sign
from kepthour.logger import log

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus


_NAME, _PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
_MANAGER, _SESSION, _PROPERTIES = f"{_NAME}.Manager", f"{_NAME}.Session", "org.freedesktop.DBus.Properties"
_GRAPHICAL = {"x11", "wayland", "mir"}
_HINTS = {"LockedHint": Sign.LOCKED, "IdleHint": Sign.IDLE}


class Options(BaseModel):
    """`type = "desktop"` has no further keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def observe(_options: Options) -> DesktopObserver:
    """The source. Does no I/O yet."""
    return DesktopObserver()


class DesktopObserver:
    """An Observer."""

    async def look(self) -> frozenset[Sign] | None:
        """What holds of every desktop of this user; None if there is none. Raises what the bus library does."""
        from dbus_fast import BusType
        from dbus_fast.aio import MessageBus

        bus = MessageBus(bus_type=BusType.SYSTEM)
        try:
            await bus.connect()
            (sessions,) = await _call(bus, _PATH, _MANAGER, "ListSessions")
            mine = [path for _id, uid, _user, _seat, path in sessions if uid == os.getuid()]
            desktops = [found for path in mine if _is_desktop(found := await _properties(bus, path))]
        finally:
            if bus.connected:
                bus.disconnect()
        if not desktops:
            return None
        return frozenset(sign for hint, sign in _HINTS.items() if all(one.get(hint) for one in desktops))

    async def obstacle(self) -> NeedsPerson | None:
        from dbus_fast import DBusError
        from dbus_fast.errors import DBusFastError

        try:
            seen = await self.look()
        except (DBusError, DBusFastError) as error:
            log.debug("desktop.not_asked", problem=error)
            return NeedsPerson(
                "logind does not answer.", "See whether it runs: systemctl status systemd-logind"
            )
        except (OSError, EOFError, ValueError) as error:
            log.debug("desktop.not_asked", problem=error)
            return NeedsPerson(
                "There is no system bus, on which logind could be asked.",
                "logind comes with systemd, or as elogind. If you have neither, remove this [[evidence]] table.",
            )
        if seen is not None:
            return None
        return NeedsPerson(
            "logind knows of no desktop of yours.",
            "Look at loginctl list-sessions: there is one only while you are logged in to a desktop.",
        )


async def _properties(bus: MessageBus, path: str) -> dict[str, Any]:
    (found,) = await _call(bus, path, _PROPERTIES, "GetAll", "s", [_SESSION])
    return {name: variant.value for name, variant in found.items()}


def _is_desktop(session: dict[str, Any]) -> bool:
    # What is closing was logged out of: only something that was left running keeps it, in whatever state it was.
    if session.get("State") == "closing":
        return False
    return session.get("Class", "user") == "user" and session.get("Type") in _GRAPHICAL


async def _call(
    bus: MessageBus,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    body: list[Any] | None = None,
) -> list[Any]:
    from dbus_fast import DBusError, Message, MessageType

    reply = await bus.call(Message(_NAME, path, interface, member, signature=signature, body=body or []))
    if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
        raise DBusError("org.freedesktop.DBus.Error.Failed", member)
    return list(reply.body)
