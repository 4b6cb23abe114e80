"""Channel `sound`: rings until it is answered, and is silent in a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kepthour.channels.sound.options import Options
from kepthour.core.ladder import Urgency

if TYPE_CHECKING:
    from kepthour.channels.sound.channel import Sound

__all__ = ["DEFAULT_URGENCY", "Options", "make"]

DEFAULT_URGENCY = Urgency.CRITICAL  # a bell for everything would soon be switched off


def make(name: str, options: Options) -> Sound:
    """A channel that rings."""
    from kepthour.channels.sound.channel import Sound

    return Sound(options)
