"""What is on the screen, and how `send` refers to it."""

from __future__ import annotations

from dataclasses import dataclass

from kepthour.channels.desktop.bus import Bus
from kepthour.ports import Notice


@dataclass(frozen=True, slots=True)
class Reference:
    """What `send` hands out: which bus, which server, which id, and which delivery was shown under it."""

    guid: str
    server: str
    shown: int
    delivery: str

    def __str__(self) -> str:
        return f"{self.guid} {self.server} {self.shown} {self.delivery}"

    @classmethod
    def read(cls, text: str) -> Reference | None:
        """What an earlier process handed out; None if it is not ours."""
        parts = text.split(" ", 3)
        if len(parts) != 4 or not parts[2].isdecimal():
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3])

    def holds(self, bus: Bus) -> bool:
        """Whether the id still means something: an id of a dead server may be another program's by now."""
        return (self.guid, self.server) == (bus.guid, bus.owner)


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice (as it was sent, whatever it reads by now) and its place."""

    notice: Notice
    reference: Reference
    pressed: bool = False  # it was answered here
