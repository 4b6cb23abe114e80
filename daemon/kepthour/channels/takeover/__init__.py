"""Channel `takeover`: a calm window over every monitor at the last minute, answered by keyboard or mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kepthour.channels.takeover.options import Options
from kepthour.core.ladder import Urgency

if TYPE_CHECKING:
    from kepthour.channels.takeover.channel import Takeover

__all__ = ["DEFAULT_URGENCY", "Options", "make"]

DEFAULT_URGENCY = Urgency.CRITICAL  # a window over everything is for the last minute


def make(name: str, options: Options) -> Takeover:
    """A channel that takes the screens over."""
    from kepthour.channels.takeover.channel import Takeover

    return Takeover(name)
