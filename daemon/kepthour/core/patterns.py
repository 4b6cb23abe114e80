"""The regular expressions of a configuration, in what calendars hold: a search may take longer than anybody waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kepthour.core.privacy import Phi

# Characters of a text that are looked at: no title is longer, and time grows with its third power.
LONGEST = 500


class Undecided(Exception):
    """It was not found out in time whether a pattern stands in a text. Holds neither."""


class Pattern(Protocol):
    """As `re.Pattern`, which is one."""

    @property
    def pattern(self) -> str:
        """As it is written."""
        ...

    @property
    def groupindex(self) -> Mapping[str, int]: ...

    def search(self, text: str, /) -> Any:
        """What was found, with its groups by name, or None. Raises Undecided."""
        ...


def find(pattern: Pattern, text: Phi) -> Any:
    """What `pattern` finds in `text`, or None. Raises Undecided."""
    return pattern.search(text.reveal()[:LONGEST])


def stands_in(pattern: Pattern, text: Phi, *, if_undecided: bool) -> bool:
    """Whether it is found. What nobody can tell is what the caller says: that which forgets no client."""
    try:
        return find(pattern, text) is not None
    except Undecided:
        return if_undecided
