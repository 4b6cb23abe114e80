"""The stages, one file each. A stage reads rows, decides with a pure function, writes rows; none knows another.

`pipeline.plan` and the like are imported when they are first used: most commands need one or two of them. A daemon
imports all at its start: whatever it does later is to be of the version that it began with.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kepthour.pipeline import (
        age,
        alert,
        audit,
        detect,
        dispatch,
        inquire,
        leave,
        overlook,
        plan,
        poll,
        prevent,
        reconcile,
        repair,
        respond,
        settle,
    )

__all__ = [
    "age",
    "alert",
    "audit",
    "detect",
    "dispatch",
    "inquire",
    "leave",
    "overlook",
    "plan",
    "poll",
    "prevent",
    "reconcile",
    "repair",
    "respond",
    "settle",
]


def load() -> None:
    """Import all stages now."""
    for name in __all__:
        import_module(f"{__name__}.{name}")


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
