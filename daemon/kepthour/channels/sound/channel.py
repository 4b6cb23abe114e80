"""The channel: who is being rung for, from when on and until when, and when it must be silent."""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kepthour.channels.sound import players
from kepthour.channels.sound.options import Options
from kepthour.channels.sound.players import Clip, stop
from kepthour.channels.sound.ringing import Round, begin, repeat
from kepthour.channels.sound.tone import Tone
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import KEPT_QUIET
from kepthour.logger import log
from kepthour.ports import Answer, ChannelFailed, Notice
from kepthour.streams import ask

_LOOK_SECONDS = 1.0  # how often it is asked, while it rings, whether a microphone is in use
_TEST_SECONDS = 5.0  # a test is heard to its end, if that comes by then


@dataclass(frozen=True, slots=True)
class _Ring:
    """A notice that is being rung for; `until` is by the event loop's clock."""

    reference: str
    until: float


class Sound:
    """Satisfies `ports.Channel`, `Recallable` and `Probeable`. One sound, however many notices it is for."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._file = options.file
        # A reference of another process is none of ours, even if the numbers are the same.
        self._references = (f"{secrets.token_hex(8)} {count}" for count in itertools.count())
        self._rings: dict[str, _Ring] = {}  # by subject
        self._ringing: asyncio.Task[None] | None = None
        self._first: Round | None = None  # with which that began
        self._tone: Tone | None = None
        self._beginning = asyncio.Lock()

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Nothing to prepare: a sound cannot answer."""

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Ring for `notice`; returns when it is known to ring. Raises ChannelFailed.

        What is not worth a sound (a digest, say) only ends the ringing for its subject. So does a silent word: the
        therapist is with a client.
        """
        is_silent = notice.discreet and notice.urgency in {Urgency.PASSIVE, Urgency.NORMAL}
        if is_silent or (notice.urgency is Urgency.PASSIVE and notice.start is None):
            await self._end(notice.subject)
            return None
        async with self._beginning:
            if await self._in_a_call():
                raise _in_use()
            first = await self._begun() if self._ringing is None else None
            # From here to the end of the block nothing waits, so that what rings cannot end in between.
            until = asyncio.get_running_loop().time() + self._options.seconds
            ring = _Ring(next(self._references), until)
            self._rings[notice.subject] = ring
            if first is not None:
                self._first = first
                self._ringing = asyncio.create_task(self._ring(first))
        if notice.rung == "check" and first is not None:  # who tests it wants to hear it
            with suppress(TimeoutError):
                await asyncio.wait_for(first.process.wait(), _TEST_SECONDS)
        return ring.reference

    async def recall(self, reference: str) -> None:
        """End the ringing for what `send` returned `reference` for; it goes on for others."""
        for subject, ring in list(self._rings.items()):
            if ring.reference == reference:
                await self._end(subject)

    async def probe(self) -> None:
        """Look whether there are a player, something to play to, and the chosen file. Raises ChannelFailed."""
        found = players.there()
        if not found:
            raise _no_player()
        if await ask() is None and not players.has_card():
            raise _no_server()
        if self._file is not None and not await asyncio.to_thread(_readable, self._file):
            raise ChannelFailed(
                "unplayable",
                "The chosen sound cannot be read; a tone rings instead.",
                "Mend file, or leave it out.",
            )

    async def close(self) -> None:
        """Be silent at once."""
        await self._silence()
        async with self._beginning:  # what is just about to ring
            await self._silence()
            if self._tone is not None:
                self._tone.close()
                self._tone = None

    async def _in_a_call(self) -> bool:
        if self._options.while_recording:
            return False
        streams = await ask()
        return streams is not None and streams.recording

    async def _begun(self) -> Round:
        """A first round that is known to play. Raises ChannelFailed."""
        found = players.there()
        if not found:
            raise _no_player()
        first = await begin(found, await asyncio.to_thread(self._clips))
        if first is None:
            raise _no_server() if await ask() is None else _unplayable()
        return first

    def _clips(self) -> list[Clip]:
        """What may be played, the best first. The last one needs no file."""
        if self._tone is None:
            self._tone = Tone(self._options.volume)
        files = [self._file] if self._file is not None else THEME
        clips = [Clip(str(file), self._options.volume) for file in files if _readable(file)]
        return [*clips[:1], players.own(self._tone)]

    async def _ring(self, first: Round) -> None:
        """Ring until nobody is left to ring for, or somebody speaks into a microphone."""
        playing = asyncio.create_task(repeat(first))
        try:
            while not playing.done() and (left := self._left()) > 0:
                await asyncio.wait({playing}, timeout=min(left, _LOOK_SECONDS))
                if await self._in_a_call():
                    log.info("sound.hushed")
                    return
        finally:
            if self._ringing is asyncio.current_task():  # it ends by itself
                self._forget()
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)

    def _left(self) -> float:
        """Seconds until nobody has to be rung for any more."""
        now = asyncio.get_running_loop().time()
        self._rings = {subject: ring for subject, ring in self._rings.items() if ring.until > now}
        return max((ring.until - now for ring in self._rings.values()), default=0.0)

    async def _end(self, subject: str) -> None:
        if self._rings.pop(subject, None) is not None and not self._rings:
            await self._silence()

    async def _silence(self) -> None:
        ringing, first = self._ringing, self._first
        self._forget()
        if ringing is not None and first is not None:
            ringing.cancel()
            await asyncio.gather(ringing, return_exceptions=True)
            await stop(first.process)  # if it was cancelled before its first step, nobody else does

    def _forget(self) -> None:
        self._ringing = self._first = None
        self._rings.clear()


# From the freedesktop sound theme (Debian: sound-theme-freedesktop), where distributions put it.
THEME = [
    Path(folder, "sounds/freedesktop/stereo", name)
    for name in ("alarm-clock-elapsed.oga", "phone-incoming-call.oga")
    for folder in ("/usr/local/share", "/usr/share")
]


def _readable(file: Path) -> bool:
    return os.access(file, os.R_OK) and file.is_file()  # in this order: the second cannot look everywhere


def _in_use() -> ChannelFailed:
    return ChannelFailed(
        KEPT_QUIET,
        "A microphone is in use, so it does not ring.",
        "End the call, or set while_recording = true to be rung for in a call.",
    )


def _no_player() -> ChannelFailed:
    names = ", ".join(player.name for player in players.PLAYERS)
    return ChannelFailed(
        "no-player",
        f"No program that plays sounds is installed ({names}).",
        "Install one: apt install pipewire-bin",
    )


def _no_server() -> ChannelFailed:
    return ChannelFailed(
        "no-sound-server",
        "There is no sound server that this process can reach, and no sound card.",
        "Run Kept Hour as you, in your desktop session, or remove this channel.",
    )


def _unplayable() -> ChannelFailed:
    return ChannelFailed(
        "unplayable",
        "The sound server is there, but plays nothing.",
        "See whether it has an output: wpctl status, or pactl info",
    )
