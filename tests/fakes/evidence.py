"""A source of evidence that answers as it is told, for calendars in memory with `evidence = "room"`."""

from __future__ import annotations

import threading
from pathlib import Path

from kepthour.core.presence import Presence, Seen, Stay
from kepthour.core.privacy import Phi
from kepthour.ports import Slot
from tests.fakes.calendars import Options


class Room:
    """An EvidenceSource; knows the links that hold "meet". `answer` is what it saw, `asked` what it was asked."""

    def __init__(self) -> None:
        self.answer: Presence | Exception = Presence(Seen.NOT_SEEN)
        self.asked: list[Slot] = []
        self.silent = False
        self.released = threading.Event()

    def joined(self, *stays: Stay) -> None:
        self.answer = Presence(Seen.JOINED, stays)

    def can_tell(self, link: Phi) -> bool:
        return "meet" in link.reveal()

    def presence(self, slot: Slot) -> Presence:
        self.asked.append(slot)
        if self.silent:
            self.released.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def make(self, options: Options, name: str, data: Path) -> Room:
        """As its own kind: there is one room."""
        return self
