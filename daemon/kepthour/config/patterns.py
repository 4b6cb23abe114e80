"""Regular expressions that cannot hang a reminder: a search ends in time, and other threads run meanwhile.

Python's `re` goes back and forth on some texts for longer than the universe is old (`(\\w+\\s?)*:` on a title of ten
words), and holds all threads: the pump would stand still. `regex` can be told when to give up. What `re` refuses is
refused, so that patterns mean what Python's documentation says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from kepthour.core.patterns import Pattern, Undecided
from kepthour.logger import log

SECONDS = 0.1  # of this process' time, for one search; a usual one takes some microseconds
_TRIES = 2  # the first may have ended only because the machine stalled
_MOST_REPEATS = 100_000  # `regex` writes repeats out: a million takes half a second and 200 MB
_NESTED = re.compile(r"\)\s*\{\s*(\d+)")
_REPEATS = re.compile(r"\{\s*(\d+)")


def compiled(text: str) -> Pattern:
    """The pattern that `text` is. Raises ValueError with what is wrong, or what `re` and `regex` let through."""
    try:
        plain = re.compile(text)
    except re.error as error:
        raise ValueError(f"{error.msg} at position {error.pos}") from None
    if _repeats(text) > _MOST_REPEATS:
        raise OverflowError
    import regex  # slow to import, and many configurations have no pattern

    try:
        return Bounded(plain, regex.compile(text))
    except regex.error as error:  # a few more than `re` refuses
        raise ValueError(str(error)) from None


def _repeats(text: str) -> int:
    """How often something in it is repeated at least; rather too many, never too few."""
    most = max((int(number) for number in _REPEATS.findall(_NESTED.sub("", text))), default=1)
    for number in _NESTED.findall(text):
        most *= max(int(number), 1)
    return most


class _Searching(Protocol):
    def search(self, string: str, /, *, timeout: float, concurrent: bool) -> Any: ...


class Bounded:
    """As `re.Pattern`; a search that takes too long twice in a row is the last one of this pattern."""

    def __init__(self, plain: re.Pattern[str], searching: _Searching) -> None:
        self._plain = plain
        self._searching = searching
        self._gave_up = False

    @property
    def pattern(self) -> str:
        return self._plain.pattern

    @property
    def groupindex(self) -> Mapping[str, int]:
        return self._plain.groupindex

    def search(self, text: str, /) -> Any:
        """What was found, or None. Raises Undecided."""
        for _ in range(0 if self._gave_up else _TRIES):
            try:
                return self._searching.search(text, timeout=SECONDS, concurrent=True)
            except (TimeoutError, MemoryError):
                continue
        if not self._gave_up:  # every other title would take as long, with the store held
            self._gave_up = True
            log.warning("pattern.too_slow")
        raise Undecided

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bounded) and other._plain == self._plain

    def __hash__(self) -> int:
        return hash(self._plain)
