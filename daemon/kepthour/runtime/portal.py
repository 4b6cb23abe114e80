"""Opens a link through the desktop's portal (org.freedesktop.portal.OpenURI), on the session bus.

The portal answers a call at once with the path of a request; what became of it comes as that request's signal
`Response`, after the therapist has chosen a browser if they were asked for one.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from contextlib import suppress
from enum import Enum
from pathlib import Path

from dbus_fast import DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from kepthour.core.privacy import Phi

_NAME, _PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
_OPEN, _REQUEST = "org.freedesktop.portal.OpenURI", "org.freedesktop.portal.Request"
_BUS, _BUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_RULE = f"type='signal',sender='{_NAME}',interface='{_REQUEST}',member='Response'"
_SECONDS = 5.0  # for the portal to start, and to take the link
_CHOOSING_SECONDS = 10.0  # for what becomes of it: longer takes only who is asked for a browser


class Opened(Enum):
    """What became of a link."""

    YES = "yes"  # or the therapist is being asked which browser it shall be
    DECLINED = "declined"  # they were asked, and did not want to
    NO = "no"  # there is no portal, or it could not


async def open_by_portal(link: Phi, activation: str) -> Opened:
    """Hand `link` to the portal; `activation` lets the browser come to the front, and may be empty. Never raises."""
    # Which fault it was does not matter: there is another way. The library raises ValueError for an address that is
    # none, EOFError when the bus hangs up.
    with suppress(OSError, EOFError, ValueError, TimeoutError, DBusError, DBusFastError):
        async with asyncio.timeout(_SECONDS):
            bus = await MessageBus(bus_address=_address()).connect()
        try:
            return await _Request(bus).open(link, activation)
        finally:
            bus.disconnect()
    return Opened.NO


class _Request:
    """One link on its way."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._token = f"kepthour{secrets.token_hex(8)}"
        self._response: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        bus.add_message_handler(self._heard)

    async def open(self, link: Phi, activation: str) -> Opened:
        options = {"handle_token": Variant("s", self._token)}
        if activation:
            options["activation_token"] = Variant("s", activation)
        async with asyncio.timeout(_SECONDS):
            # It listens before it asks: the response may be there before the reply.
            await self._call(Message(_BUS, _BUS_PATH, _BUS, "AddMatch", signature="s", body=[_RULE]))
            body = ["", link.reveal(), options]
            await self._call(Message(_NAME, _PATH, _OPEN, "OpenURI", signature="ssa{sv}", body=body))
        try:
            response = await asyncio.wait_for(self._response, _CHOOSING_SECONDS)
        except TimeoutError:
            return Opened.YES
        return {0: Opened.YES, 1: Opened.DECLINED}.get(response, Opened.NO)

    async def _call(self, message: Message) -> None:
        """Raises ConnectionError if it was refused."""
        reply = await self._bus.call(message)
        if reply is None or reply.message_type is MessageType.ERROR:
            raise ConnectionError

    def _heard(self, message: Message) -> None:
        ours = (
            message.member == "Response" and message.interface == _REQUEST and message.signature == "ua{sv}"
        )
        if ours and (message.path or "").endswith(f"/{self._token}") and not self._response.done():
            self._response.set_result(message.body[0])


def _address() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    return os.environ.get("DBUS_SESSION_BUS_ADDRESS") or f"unix:path={Path(runtime) / 'bus'}"
