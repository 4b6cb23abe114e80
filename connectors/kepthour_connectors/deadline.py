"""The time that a poll has: for as long as its source goes on answering, it goes on."""

from __future__ import annotations

from math import inf
from time import monotonic

from kepthour_connectors.base import Transient

ANSWER = 240.0  # seconds from one whole answer to the next: a cold server took 40 over 5,000 events
POLL = 1800.0  # seconds in all: a small server needs several minutes to give out 50,000 events


class Deadline:
    """Of one poll, whose source is called `who` in the sentence for the therapist."""

    def __init__(self, who: str) -> None:
        self._who = who
        self._end = monotonic() + POLL
        self._next = monotonic() + ANSWER

    def end(self) -> None:
        """Nobody waits for the rest: it is over at the next look."""
        self._end = -inf

    def answered(self) -> None:
        """A whole answer came: the next one has its time."""
        self._next = monotonic() + ANSWER

    def check(self) -> None:
        """Raises Transient if the time is up."""
        now = monotonic()
        if now > self._end:
            raise self._over(f"{POLL / 60:.0f} min")
        if now > self._next:
            raise self._over(f"{ANSWER:.0f} s")

    def _over(self, span: str) -> Transient:
        return Transient(f"{self._who} took longer than {span}.", "Nothing to do: the next poll tries again.")
