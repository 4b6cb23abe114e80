"""What was found out of a short text is remembered. A long one may come from anybody, and would stay in memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_T = TypeVar("_T")

_SHORT = (
    200  # characters: longer than any name of a zone, or the parameters of a time as calendars write them
)
_MOST = 256


def of_short(find: Callable[..., _T]) -> Callable[..., _T]:
    """`find`, which takes nothing but texts, asked once for each."""
    remembered = lru_cache(maxsize=_MOST)(find)

    @wraps(find)
    def found(*texts: str) -> _T:
        return remembered(*texts) if sum(map(len, texts)) <= _SHORT else find(*texts)

    return found
