"""How often Python looks for objects that only hold each other, and through how many. No thread goes on meanwhile."""

from __future__ import annotations

import gc
import threading
from contextlib import ContextDecorator

_USUALLY = gc.get_threshold()
_SELDOM = 200_000  # new objects: more than a command imports, and some 20 MB if all of them were in vain
_NEVER = 2**31 - 1


def seldom() -> None:
    """For a command: what it imports is all still needed, and looking through it again took a tenth of its time."""
    gc.set_threshold(_SELDOM)


def usually() -> None:
    """For what goes on for days. What it consists of by now stays: looking through it again takes up to 100 ms."""
    gc.freeze()
    gc.set_threshold(*_USUALLY)


class _PutOff(ContextDecorator):
    """While somebody does this, in whatever thread, only what is new is looked through; what became old, afterwards.

    For work that makes much, needs it all to its end, and is sure to come to one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by = 0  # how many do it
        self._usual = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._by:
                *_, self._usual = _old_after(_NEVER)
            self._by += 1

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._by -= 1
            if not self._by:
                _old_after(self._usual)


def _old_after(searches: int) -> tuple[int, ...]:
    """Look through what is old after so many searches of what is not; the thresholds as they were."""
    before = gc.get_threshold()
    gc.set_threshold(*before[:2], searches)
    return before


put_off = _PutOff()
