"""How often Python looks for objects that only hold each other."""

from __future__ import annotations

import gc

_USUALLY = gc.get_threshold()
_SELDOM = 200_000  # new objects: more than a command imports, and some 20 MB if all of them were in vain


def seldom() -> None:
    """For a command: what it imports is all still needed, and looking through it again took a tenth of its time."""
    gc.set_threshold(_SELDOM)


def usually() -> None:
    """For what goes on for days."""
    gc.set_threshold(*_USUALLY)
