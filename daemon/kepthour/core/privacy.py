"""Phi: a text about a client that cannot reach a log, an error or a JSON document by accident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Never

HIDDEN = "•••"


@dataclass(frozen=True, slots=True, repr=False)
class Phi:
    """Protected health information: a title, an alias, a place, a link. Empty ones are false.

    `str`, `repr` and `format` give dots; only `reveal` gives the text, so that every place that
    shows one can be found by searching for that word.
    """

    _text: str = ""

    def reveal(self) -> str:
        """The text itself. Call it where it is shown to the therapist or stored, and nowhere else."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __str__(self) -> str:
        return HIDDEN if self._text else ""

    def __repr__(self) -> str:
        return f"Phi({HIDDEN})"

    def __format__(self, _spec: str) -> str:
        return str(self)

    def __reduce__(self) -> Never:
        raise TypeError("a protected text is not pickled")


NOTHING = Phi("")
