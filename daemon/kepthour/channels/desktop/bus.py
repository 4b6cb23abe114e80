"""The session bus: one connection, the notification server's calls and signals, each call with a deadline."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from dbus_fast import DBusError, Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from kepthour.channels.desktop.notices import SIGNATURE
from kepthour.ports import ChannelFailed

NAME = INTERFACE = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
_BUS, _BUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_SECONDS = 5.0
_LEAVE_SECONDS = 1.0
_RULES = (
    f"type='signal',interface='{INTERFACE}',path='{PATH}'",
    f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged',arg0='{NAME}'",
)
_ERROR = "org.freedesktop.DBus.Error."
# Nobody has the name; it ended during the call.
_NOBODY = tuple(_ERROR + end for end in ("ServiceUnknown", "NameHasNoOwner", "NoReply"))
# The bus could not start it: without a screen each of them ends at once.
_NOT_STARTED = tuple(_ERROR + end for end in ("Spawn.", "TimedOut"))
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told, on the event loop, what the notification server and the bus say."""

    acted: Callable[[int, str], None]  # the id of a notice, and the key of its action
    activation: Callable[[int, str], None]  # the id, and a token with which a program may come to the front
    closed: Callable[[int, int], None]  # the id, and why: 1 expired, 2 dismissed, 3 taken back, 4 not said
    owner: Callable[[str | None], None]  # the server's unique name; None: it is gone, or the bus is


def _no_bus() -> ChannelFailed:
    return ChannelFailed(
        "no-bus", "There is no session bus.", "Run Kept Hour in your desktop session, or as a user service."
    )


def _no_server() -> ChannelFailed:
    return ChannelFailed(
        "no-daemon", "No notification daemon is running.", "Start one (your desktop's own, or dunst)."
    )


def _not_started() -> ChannelFailed:
    return ChannelFailed(
        "not-started",
        "The notification daemon could not be started.",
        "Log in to your desktop; if you are, start its notification daemon in a terminal to see why.",
    )


def _failed(name: str) -> ChannelFailed:
    """What an error called `name` means, which the bus or the server gave."""
    if name.startswith(_NOT_STARTED):
        return _not_started()
    return _no_server() if name.startswith(_NOBODY) else _refused()


def _refused() -> ChannelFailed:
    return ChannelFailed("refused", "The notification daemon refused the notice.", "Restart that daemon.")


class Bus:
    """A live connection.

    `owner` is the notification server's unique name, in step with the bus. Signals of others that look like the
    server's are not told.
    """

    def __init__(self, connection: MessageBus, ears: Ears) -> None:
        self._connection = connection
        self.guid = ""
        self.owner: str | None = None
        self._owner_told = False
        self._ears = ears
        self._left = False
        self._given_up: set[asyncio.Task[Message | None]] = set()  # may still be carried out
        self._end = asyncio.ensure_future(self._wait_for_the_end())
        connection.add_message_handler(self._heard)

    @property
    def alive(self) -> bool:
        """Whether the bus is still there, as far as is known."""
        return bool(self._connection.connected)

    async def begin(self) -> None:
        """Ask for the signals, and who the server is. Raises ChannelFailed."""
        (self.guid,) = await self._ask_bus("GetId")
        for rule in _RULES:
            await self._ask_bus("AddMatch", "s", [rule])
        try:
            (owner,) = await self._ask_bus("GetNameOwner", "s", [NAME])
        except ChannelFailed as error:
            if error.code != "no-daemon":
                raise
        else:
            if not self._owner_told:  # what a signal told since is newer
                self.owner = str(owner)

    async def server(self) -> str:
        """The notification server's unique name; the bus starts it where it knows how. Raises ChannelFailed."""
        if self.owner is None:
            await self._ask_bus("StartServiceByName", "su", [NAME, 0])
            await self._ask_bus("GetId")  # the signal that tells the owner comes before this reply
        if self.owner is None:
            raise _no_server()
        return self.owner

    async def describe(self, owner: str) -> tuple[str, frozenset[str]]:
        """The name and the capabilities of the server `owner`. Raises ChannelFailed."""
        reply = await self._call(owner, PATH, INTERFACE, "GetServerInformation")
        found = await self._call(owner, PATH, INTERFACE, "GetCapabilities")
        return str(reply.body[0]), frozenset(found.body[0])

    async def ask(
        self, name: str, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> list[Any]:
        """What another program of the desktop replies. Raises ChannelFailed."""
        return list((await self._call(name, path, interface, member, signature, body)).body)

    async def notify(self, arguments: list[Any]) -> tuple[int, str]:
        """Show; returns the id and the unique name of who gave it. Raises ChannelFailed.

        A frozen server carries out what it was asked for when it thaws. So what appears after the deadline, or after
        the caller went away, is taken back: it was not accepted, and will have been sent again.
        """
        message = Message(NAME, PATH, INTERFACE, "Notify", signature=SIGNATURE, body=arguments)
        asking = self._ask(message)
        try:
            reply = _checked(await bounded(asyncio.shield(asking)))
        finally:
            if not asking.done():
                self._given_up.add(asking)
                asking.add_done_callback(lambda late: self._take_back(late, arguments[1]))
        return int(reply.body[0]), str(reply.sender)

    async def close_notification(self, shown: int) -> None:
        """Take back. Raises ChannelFailed."""
        await self._call(NAME, PATH, INTERFACE, "CloseNotification", "u", [shown])

    async def leave(self) -> None:
        """Leave the bus."""
        self._left = True
        if self.alive:
            self._connection.disconnect()
        await asyncio.wait({self._end}, timeout=_LEAVE_SECONDS)

    async def _ask_bus(self, member: str, signature: str = "", body: Any = ()) -> list[Any]:
        return list((await self._call(_BUS, _BUS_PATH, _BUS, member, signature, body)).body)

    async def _call(
        self, name: str, path: str, interface: str, member: str, signature: str = "", body: Any = ()
    ) -> Message:
        message = Message(name, path, interface, member, signature=signature, body=list(body))
        return _checked(await bounded(self._ask(message)))

    def _ask(self, message: Message) -> asyncio.Task[Message | None]:
        """Send a call. Raises ChannelFailed."""
        if not self.alive:
            raise _no_bus()  # the library would wait for a reply that cannot come
        return asyncio.ensure_future(self._connection.call(message))

    async def _wait_for_the_end(self) -> None:
        # How it ended does not matter: the next call says that the bus is gone.
        with suppress(OSError, EOFError, ValueError, DBusFastError):
            await self._connection.wait_for_disconnect()  # type: ignore[no-untyped-call]
        self.owner = None
        if not self._left:
            self._ears.owner(None)

    def _take_back(self, late: asyncio.Task[Message | None], replaced: int) -> None:
        """Close what `late` showed after all, unless it took the place of another: that place is in use."""
        self._given_up.discard(late)
        reply = None if late.cancelled() or late.exception() is not None else late.result()
        if reply is None or reply.message_type is MessageType.ERROR or reply.body[0] == replaced:
            return
        if self.alive:
            flags, body = MessageFlag.NO_REPLY_EXPECTED, list(reply.body)
            self._connection.send(
                Message(NAME, PATH, INTERFACE, "CloseNotification", flags=flags, signature="u", body=body)
            )

    def _heard(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.sender == _BUS and message.body[0] == NAME:
            self._owner_told = True
            self.owner = str(message.body[2]) or None
            self._ears.owner(self.owner)
        elif message.interface != INTERFACE or message.sender != self.owner:
            return
        elif message.member == "ActionInvoked" and message.signature == "us":
            self._ears.acted(*message.body)
        elif message.member == "ActivationToken" and message.signature == "us":
            self._ears.activation(*message.body)
        elif message.member == "NotificationClosed" and message.signature == "uu":
            self._ears.closed(*message.body)


async def connect(ears: Ears) -> Bus:
    """Join this user's session bus. Raises ChannelFailed ("no-bus", "timeout")."""
    failed = _no_bus()
    for address in _addresses():
        try:
            return await _connect(address, ears)
        except ChannelFailed as error:
            failed = error
    raise failed


async def _connect(address: str, ears: Ears) -> Bus:
    try:
        connection = await bounded(MessageBus(bus_address=address).connect())
    except DBusFastError as error:  # an address that is none
        raise _no_bus() from error
    bus = Bus(connection, ears)
    try:
        await bus.begin()
    except BaseException:
        await bus.leave()
        raise
    return bus


async def bounded(work: Awaitable[_T]) -> _T:
    """`work` within its deadline, with what the library throws translated. Raises ChannelFailed."""
    try:
        return await asyncio.wait_for(work, _SECONDS)
    except TimeoutError:
        raise ChannelFailed(
            "timeout", "The notification daemon did not answer.", "Restart that daemon."
        ) from None
    except DBusError as error:
        raise _failed(error.type) from error
    except (OSError, EOFError, DBusFastError) as error:
        raise _no_bus() from error


def _checked(reply: Message | None) -> Message:
    """A reply that is an answer. Raises ChannelFailed."""
    if reply is None:
        raise _no_bus()
    if reply.message_type is MessageType.ERROR:
        raise _failed(reply.error_name or "")
    return reply


def _addresses() -> list[str]:
    """Where the session bus may be: what this process was told, and where the system's own is, should it come anew.

    The latter by the environment alone if there is an address: this process may be meant for another desktop.
    """
    told = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    runtime = os.environ.get("XDG_RUNTIME_DIR") or (None if told else f"/run/user/{os.getuid()}")
    place = Path(runtime) / "bus" if runtime else None
    usual = f"unix:path={place}" if place is not None and place.exists() else None
    return list(dict.fromkeys(one for one in (told, usual) if one))
