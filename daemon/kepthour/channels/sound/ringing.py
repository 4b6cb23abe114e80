"""A sound that has begun: which player makes it, and how it goes on until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from kepthour.channels.sound.players import Clip, Player, start, stop
from kepthour.logger import log
from kepthour.streams import ask

_PAUSE_SECONDS = 0.3  # between two rounds
_RETRY_SECONDS = 1.0  # after a round that failed: the sound server may be restarting
_HEARD_WITHIN_SECONDS = 3.0  # a player that its server does not let through by then never will be
_SETTLED_SECONDS = 0.5  # one that nobody can be asked about has failed by then, if it fails
_LOOK_SECONDS = 0.05


class _Fate(Enum):
    """What became of an attempt to play."""

    RUNS = auto()
    REFUSED = auto()  # the player ended with an error: it may be the file
    SILENT = auto()  # it runs, and nothing is heard: it is not the file


@dataclass(frozen=True, slots=True)
class Round:
    """One playing of a clip."""

    player: Player
    clip: Clip
    process: asyncio.subprocess.Process


async def begin(players: Sequence[Player], clips: Sequence[Clip]) -> Round | None:
    """The first of `players` that is known to play one of `clips`, playing it; None if none does."""
    for player in players:
        for clip in clips:
            if not player.reads(clip):
                continue
            with suppress(OSError):  # it was uninstalled just now
                process = await start(player, clip)
                fate = await _watched(process, player)
                if fate is _Fate.RUNS:
                    return Round(player, clip, process)
                log.info("sound.not_played", player=player.name, own=clip.handle is not None, fate=fate.name)
                if fate is _Fate.SILENT:
                    break
    return None


async def _watched(process: asyncio.subprocess.Process, player: Player) -> _Fate:
    """What becomes of `process`; it is ended unless it runs."""
    fate = _Fate.SILENT
    try:
        fate = await _fate(process, player)
    finally:
        if fate is not _Fate.RUNS:
            await stop(process)
    return fate


async def _fate(process: asyncio.subprocess.Process, player: Player) -> _Fate:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _LOOK_SECONDS)
        if process.returncode is not None:
            return _Fate.REFUSED if process.returncode else _Fate.RUNS
        streams = await ask() if player.served else None
        lasted = loop.time() - began
        if streams is None:
            if lasted >= _SETTLED_SECONDS:
                return _Fate.RUNS
        elif process.pid in streams.playing:
            return _Fate.RUNS
        elif lasted >= _HEARD_WITHIN_SECONDS:
            return _Fate.SILENT


async def repeat(first: Round) -> None:
    """Go on with `first`, round after round, until cancelled; then it is silent at once."""
    process = first.process
    try:
        while True:
            code = await process.wait()
            await asyncio.sleep(_RETRY_SECONDS if code else _PAUSE_SECONDS)
            process = await start(first.player, first.clip)
    except OSError:
        log.warning("sound.player_gone", player=first.player.name)
    finally:
        await stop(process)
