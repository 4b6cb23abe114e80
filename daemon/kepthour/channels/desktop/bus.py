"""The session bus: one connection, the notification server's calls and signals, each call with a deadline."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from dbus_fast import DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from kepthour.ports import ChannelFailed

NAME = INTERFACE = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
_BUS, _BUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_SECONDS = 5.0
_RULES = (
    f"type='signal',interface='{INTERFACE}',path='{PATH}'",
    f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged',arg0='{NAME}'",
)
_NOBODY = {"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"}
_T = TypeVar("_T")


def _no_bus() -> ChannelFailed:
    return ChannelFailed(
        "no-bus", "There is no session bus.", "Run Kept Hour in your desktop session, or as a user service."
    )


def _no_server() -> ChannelFailed:
    return ChannelFailed(
        "no-daemon", "No notification daemon is running.", "Start one (your desktop's own, or dunst)."
    )


class Bus:
    """A live connection. `action(id, key)`, `closed(id)` and `owner(name or None)` are told on the event loop."""

    def __init__(
        self,
        connection: MessageBus,
        guid: str,
        action: Callable[[int, str], None],
        closed: Callable[[int], None],
        owner: Callable[[str | None], None],
    ) -> None:
        self._connection = connection
        self.guid = guid
        self._on_action = action
        self._on_closed = closed
        self._on_owner = owner
        connection.add_message_handler(self._heard)

    @property
    def alive(self) -> bool:
        """Whether the bus is still there, as far as is known."""
        return bool(self._connection.connected)

    async def server(self) -> str:
        """The notification server's unique name; activates it where that is possible. Raises ChannelFailed."""
        try:
            (owner,) = await self._call(_BUS, _BUS_PATH, _BUS, "GetNameOwner", "s", [NAME])
        except ChannelFailed:
            await self._call(_BUS, _BUS_PATH, _BUS, "StartServiceByName", "su", [NAME, 0])
            (owner,) = await self._call(_BUS, _BUS_PATH, _BUS, "GetNameOwner", "s", [NAME])
        return str(owner)

    async def capabilities(self) -> frozenset[str]:
        """What the server can do. Raises ChannelFailed."""
        (found,) = await self._call(NAME, PATH, INTERFACE, "GetCapabilities")
        return frozenset(found)

    async def notify(self, signature: str, arguments: list[Any]) -> int:
        """Show; returns the id. Raises ChannelFailed."""
        (shown,) = await self._call(NAME, PATH, INTERFACE, "Notify", signature, arguments)
        return int(shown)

    async def close_notification(self, shown: int) -> None:
        """Take back. Raises ChannelFailed."""
        await self._call(NAME, PATH, INTERFACE, "CloseNotification", "u", [shown])

    def disconnect(self) -> None:
        """Leave the bus."""
        if self._connection.connected:
            self._connection.disconnect()

    async def _call(
        self, name: str, path: str, interface: str, member: str, signature: str = "", body: Any = ()
    ) -> list[Any]:
        message = Message(name, path, interface, member, signature=signature, body=list(body))
        reply = await bounded(self._connection.call(message))
        if reply is None:
            raise _no_bus()
        if reply.message_type is MessageType.ERROR:
            if reply.error_name in _NOBODY:
                raise _no_server()
            raise ChannelFailed(
                "refused", "The notification daemon refused the notice.", "Restart that daemon."
            )
        return list(reply.body)

    async def subscribe(self) -> None:
        """Ask for the signals. Raises ChannelFailed."""
        for rule in _RULES:
            await self._call(_BUS, _BUS_PATH, _BUS, "AddMatch", "s", [rule])

    def _heard(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.interface == INTERFACE and message.member == "ActionInvoked":
            self._on_action(int(message.body[0]), str(message.body[1]))
        elif message.interface == INTERFACE and message.member == "NotificationClosed":
            self._on_closed(int(message.body[0]))
        elif message.member == "NameOwnerChanged" and message.sender == _BUS and message.body[0] == NAME:
            self._on_owner(str(message.body[2]) or None)


async def connect(
    action: Callable[[int, str], None], closed: Callable[[int], None], owner: Callable[[str | None], None]
) -> Bus:
    """Join this user's session bus. Raises ChannelFailed ("no-bus")."""
    address = _address()
    if address is None:
        raise _no_bus()
    try:
        connection = await bounded(MessageBus(bus_address=address).connect())
        reply = await bounded(connection.call(Message(_BUS, _BUS_PATH, _BUS, "GetId")))
    except (OSError, DBusFastError) as error:
        raise _no_bus() from error
    bus = Bus(connection, str(reply.body[0]) if reply is not None else "", action, closed, owner)
    await bus.subscribe()
    return bus


async def bounded(work: Coroutine[Any, Any, _T]) -> _T:
    """`work` within its deadline, with what the library throws translated. Raises ChannelFailed."""
    try:
        return await asyncio.wait_for(work, _SECONDS)
    except TimeoutError:
        raise ChannelFailed(
            "timeout", "The notification daemon did not answer.", "Restart that daemon."
        ) from None
    except DBusError as error:
        raise (_no_server() if error.type in _NOBODY else _no_bus()) from error
    except (OSError, EOFError, DBusFastError) as error:
        raise _no_bus() from error


def _address() -> str | None:
    if address := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    socket = Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")) / "bus"
    return f"unix:path={socket}" if socket.exists() else None
