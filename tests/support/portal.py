"""A desktop portal that opens links, as far as it matters here: on a real bus, and as strict as the real one.

Like xdg-desktop-portal it refuses what is no link, answers with the path of a request that bears the caller's name and
token, and tells what became of it with the request's `Response`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dbus_fast import Message, MessageType, NameFlag, RequestNameReply
from dbus_fast.aio import MessageBus

_NAME, _PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
_OPEN, _REQUEST = "org.freedesktop.portal.OpenURI", "org.freedesktop.portal.Request"
_UNKNOWN = "org.freedesktop.DBus.Error.UnknownMethod"
_INVALID = "org.freedesktop.portal.Error.InvalidArgument"


@dataclass
class Portal:
    """`opened` are the links and the activation tokens that came with them."""

    response: int | None = (
        0  # 0 opened, 1 the user declined, 2 it could not; None: the user is still choosing
    )
    opens: bool = True  # whether it has the interface at all: without a backend it does not
    opened: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, bus: MessageBus, message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL or message.path != _PATH:
            return False
        if not self.opens or (message.interface, message.member) != (_OPEN, "OpenURI"):
            return Message.new_error(message, _UNKNOWN, "No such interface")
        window, link, options = message.body
        if message.signature != "ssa{sv}" or not urlsplit(link).scheme or urlsplit(link).scheme == "file":
            return Message.new_error(message, _INVALID, "Invalid uri")
        assert window == ""
        token = options["activation_token"].value if "activation_token" in options else ""
        self.opened.append((link, token))
        who = (message.sender or "").removeprefix(":").replace(".", "_")
        handle = f"{_PATH}/request/{who}/{options['handle_token'].value}"
        if self.response is not None:  # told even before the reply: a listener must be quick
            body = [self.response, {}]
            bus.send(Message.new_signal(handle, _REQUEST, "Response", signature="ua{sv}", body=body))
        return Message.new_method_return(message, "o", [handle])


@asynccontextmanager
async def portal(address: str, made: Portal) -> AsyncIterator[Portal]:
    """`made` serves on this bus until the end of the block."""
    bus = await MessageBus(bus_address=address).connect()
    bus.add_message_handler(lambda message: made.answer(bus, message))
    assert await bus.request_name(_NAME, NameFlag.DO_NOT_QUEUE) is RequestNameReply.PRIMARY_OWNER
    try:
        yield made
    finally:
        bus.disconnect()
        await asyncio.wait_for(bus.wait_for_disconnect(), 5)
