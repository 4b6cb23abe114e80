"""A tone of our own, for machines without a sound theme and players that cannot read the chosen file."""

from __future__ import annotations

import io
import math
import os
import wave
from array import array

_RATE = 22_050  # frames a second
_BEEP_SECONDS = 0.14
_FADE_SECONDS = 0.01  # without it a beep begins and ends with a click
_HERTZ = (880.0, 1174.7, 880.0, 1174.7, 0.0)  # a wave of two notes, and a breath
_LOUDEST = 32_000  # of 32767


def tone(volume: float) -> bytes:
    """Four beeps as a WAV file, 0.7 seconds long; `volume` is between 0 and 1."""
    frames = array("h")
    for hertz in _HERTZ:
        frames.extend(_beep(hertz, volume))
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(frames.tobytes())
    return written.getvalue()


def _beep(hertz: float, volume: float) -> list[int]:
    count, fade = int(_RATE * _BEEP_SECONDS), int(_RATE * _FADE_SECONDS)
    turn = 2 * math.pi * hertz / _RATE
    return [
        round(_LOUDEST * volume * min(1.0, at / fade, (count - at) / fade) * math.sin(turn * at))
        for at in range(count)
    ]


class Tone:
    """The tone in memory, under a path that children have if they are passed `handle`.

    Nothing lies on the disk, so nothing stays there whatever kills us.
    """

    def __init__(self, volume: float) -> None:
        self.handle = os.memfd_create("kepthour-tone")
        with os.fdopen(self.handle, "wb", closefd=False) as file:
            file.write(tone(volume))

    @property
    def path(self) -> str:
        """For the child; each that opens it reads from the beginning."""
        return f"/proc/self/fd/{self.handle}"

    def close(self) -> None:
        """Give the memory back. Once only."""
        os.close(self.handle)
