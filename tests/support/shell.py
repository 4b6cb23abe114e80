"""A notification server that gives activation tokens, as GNOME Shell and Plasma do, and Debian's small ones do not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from dbus_fast import Message, MessageType, NameFlag, RequestNameReply
from dbus_fast.aio import MessageBus

NAME, _PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


@dataclass
class Shell:
    """`notified` are the arguments of each Notify."""

    bus: MessageBus
    notified: list[list[Any]] = field(default_factory=list)

    def answer(self, message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL or message.interface != NAME:
            return False
        match message.member:
            case "GetServerInformation":
                return Message.new_method_return(message, "ssss", ["shell", "tests", "1", "1.2"])
            case "GetCapabilities":
                return Message.new_method_return(message, "as", [["actions", "body", "body-markup"]])
            case "Notify":
                self.notified.append(message.body)
                return Message.new_method_return(message, "u", [message.body[1] or len(self.notified)])
            case "CloseNotification":
                self._emit("NotificationClosed", "uu", [message.body[0], 3])
                return Message.new_method_return(message)
        return False

    def press(self, shown: int, key: str, token: str = "") -> None:
        """Its user presses a button of the notice `shown`."""
        if token:
            self._emit("ActivationToken", "us", [shown, token])
        self._emit("ActionInvoked", "us", [shown, key])
        self._emit("NotificationClosed", "uu", [shown, 2])

    def _emit(self, member: str, signature: str, body: list[Any]) -> None:
        self.bus.send(Message.new_signal(_PATH, NAME, member, signature=signature, body=body))


@asynccontextmanager
async def shell(address: str) -> AsyncIterator[Shell]:
    """One on this bus, until the end of the block."""
    bus = await MessageBus(bus_address=address).connect()
    made = Shell(bus)
    bus.add_message_handler(made.answer)
    assert await bus.request_name(NAME, NameFlag.DO_NOT_QUEUE) is RequestNameReply.PRIMARY_OWNER
    try:
        yield made
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()
