"""Hears from logind, on the system bus, that the machine goes to sleep, and that it is awake again.

Nothing depends on it: without it a sleep is noticed by the next turn of the pump, within seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dbus_fast import BusType, DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from kepthour.logger import log

_NAME, _PATH, _INTERFACE = (
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
)
_RULE = f"type='signal',sender='{_NAME}',path='{_PATH}',interface='{_INTERFACE}',member='PrepareForSleep'"
_BUS, _BUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_SECONDS = 5.0
AGAIN_SECONDS = 60.0


class SleepWatch:
    """Tells, on the event loop, `going` before the machine sleeps and `back` after it."""

    def __init__(
        self, going: Callable[[], None], back: Callable[[], None], again_seconds: float = AGAIN_SECONDS
    ) -> None:
        self._going = going
        self._back = back
        self._again_seconds = again_seconds

    async def watch(self) -> None:
        """Until it is cancelled. Without a bus, and when it goes, the bus is tried again later."""
        while True:
            try:
                await self._listen()
            # Which fault it was does not matter: there is no bus to hear from. The library raises ValueError for an
            # address that is none, EOFError when the bus hangs up.
            except (OSError, EOFError, ValueError, TimeoutError, DBusError, DBusFastError) as error:
                log.debug("sleep.no_bus", problem=error)
            await asyncio.sleep(self._again_seconds)

    async def _listen(self) -> None:
        connection = MessageBus(bus_type=BusType.SYSTEM)
        try:
            async with asyncio.timeout(_SECONDS):
                await connection.connect()
                connection.add_message_handler(self._heard)
                rule = Message(_BUS, _BUS_PATH, _BUS, "AddMatch", signature="s", body=[_RULE])
                await connection.call(rule)
            log.debug("sleep.watched")
            await connection.wait_for_disconnect()  # type: ignore[no-untyped-call]
        finally:
            if connection.connected:
                connection.disconnect()

    def _heard(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL or message.member != "PrepareForSleep":
            return
        if (message.interface, message.path, message.signature) != (_INTERFACE, _PATH, "b"):
            return
        (going,) = message.body
        log.info("sleep.going" if going else "sleep.back")
        (self._going if going else self._back)()
