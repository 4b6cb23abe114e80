"""The channels, each with its deadlines. One that fails, hangs or has a bug costs the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from kepthour.core.errors import NeedsPerson, TryLater
from kepthour.core.notice import Notice
from kepthour.logger import log
from kepthour.ports import Answer, Channel, ChannelFailed, Recallable

SEND_SECONDS = 15.0
RECALL_SECONDS = 5.0


class Outlets:
    """The channels of one configuration, by name."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        # By channel and subject: where `tell` put its notice.
        self._told: dict[tuple[str, str], str | None] = {}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._channels)

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Open them side by side. One that cannot be is found out by what it is sent."""
        await asyncio.gather(*(self._open(name, answered) for name in self._channels))

    async def _open(self, name: str, answered: Callable[[Answer], None]) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._channels[name].open(answered)
        except Exception as error:  # noqa: BLE001  supervised: the others are to be opened, too
            log.warning("channel.open_failed", channel=name, problem=code_of(error))

    async def send(self, name: str, notice: Notice, replaces: str | None) -> str | None:
        """Show `notice` in the place of what it `replaces`; its reference. Raises whatever the channel raises."""
        async with asyncio.timeout(SEND_SECONDS):
            return await self._channels[name].send(notice, replaces)

    async def recall(self, name: str, reference: str) -> None:
        """Take a notice back where that can be done. Raises whatever the channel raises."""
        channel = self._channels.get(name)
        if isinstance(channel, Recallable):
            async with asyncio.timeout(RECALL_SECONDS):
                await channel.recall(reference)

    async def tell(self, notice: Notice) -> bool:
        """Show a notice that stands in no store, on every channel that takes it; whether one did."""
        return any(await asyncio.gather(*(self._tell_on(name, notice) for name in self._channels)))

    async def _tell_on(self, name: str, notice: Notice) -> bool:
        place = name, notice.subject
        try:
            self._told[place] = await self.send(name, notice, self._told.get(place))
        except Exception as error:  # noqa: BLE001  supervised: one channel's trouble must not cost the others
            log.warning("notice.refused", channel=name, problem=code_of(error))
            return False
        return True

    async def close(self) -> None:
        """Let go of them."""
        for name, channel in self._channels.items():
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await channel.close()
            except Exception as error:  # noqa: BLE001  supervised: the others are to be closed, too
                log.warning("channel.close_failed", channel=name, problem=code_of(error))


def code_of(error: Exception) -> str:
    """A short word for the log: an unknown error's own text may hold a client's words."""
    if isinstance(error, ChannelFailed):
        return error.code
    if isinstance(error, TryLater | NeedsPerson):
        return type(error).__name__
    return "timeout" if isinstance(error, TimeoutError) else f"bug-{type(error).__name__}"
