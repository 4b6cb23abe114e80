"""The programs that play a file once: which there are, how they are started, and that they end with us."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kepthour.channels.sound.tone import Tone

_GRACE_SECONDS = 0.5  # for a player to end when it is asked to

CARDS = Path("/dev/snd")

# No media role is given: the servers keep a volume for each, and that of "event" is often turned down.
_LATENCY_MS = 40  # what is still heard after the end of a player


@dataclass(frozen=True, slots=True)
class Clip:
    """Something to play; `volume` is what the player is to do itself."""

    path: str
    volume: float
    handle: int | None = None  # of the memory behind `path`, if it is in memory


@dataclass(frozen=True, slots=True)
class Player:
    """A program that plays a file."""

    name: str
    served: bool  # it plays through a sound server, which can be asked what is heard
    suffixes: frozenset[str] | None  # what it can read; None: all that matters

    def reads(self, clip: Clip) -> bool:
        """Whether it is worth trying."""
        in_memory = clip.handle is not None
        return in_memory or self.suffixes is None or Path(clip.path).suffix.lower() in self.suffixes

    def command(self, clip: Clip) -> list[str]:
        """Its command line for `clip`."""
        match self.name:
            case "pw-play":
                return ["pw-play", f"--latency={_LATENCY_MS}ms", f"--volume={clip.volume:.3f}", clip.path]
            case "paplay":
                volume = round(65_536 * clip.volume)
                return ["paplay", f"--latency-msec={_LATENCY_MS}", f"--volume={volume}", clip.path]
            case _:
                return ["aplay", "--quiet", clip.path]


PLAYERS = (
    Player("pw-play", served=True, suffixes=None),
    Player("paplay", served=True, suffixes=None),
    Player("aplay", served=False, suffixes=frozenset({".wav", ".au", ".voc"})),
)


def there() -> list[Player]:
    """Those that are installed, the one to try first first."""
    return [player for player in PLAYERS if shutil.which(player.name)]


def has_card() -> bool:
    """Whether `aplay` is here, and a sound card that it could use by itself."""
    return shutil.which("aplay") is not None and any(CARDS.glob("pcmC*p"))


def own(tone: Tone) -> Clip:
    """The tone of our own, as loud as it was made."""
    return Clip(tone.path, 1.0, tone.handle)


async def start(player: Player, clip: Clip) -> asyncio.subprocess.Process:
    """A player that has begun. Cancelled while it starts, it is ended: it may run by then. Raises OSError."""
    starting = asyncio.ensure_future(_start(player.command(clip), clip.handle))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await stop(await starting)
        raise


async def _start(command: list[str], handle: int | None) -> asyncio.subprocess.Process:
    # However we die, the kernel ends the player then: nothing would be left that could.
    keeper = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
    return await asyncio.create_subprocess_exec(
        *keeper,
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        pass_fds=() if handle is None else (handle,),
        start_new_session=True,  # Ctrl+C in a terminal is for us alone: we end it
    )


async def stop(process: asyncio.subprocess.Process) -> None:
    """Silence a player, and reap it."""
    if process.returncode is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)  # what is called a player may be a script around one
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
            return
    await process.wait()
