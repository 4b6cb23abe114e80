"""Errors say who acts next.

KeptHourError
├── TryLater        the daemon: the same thing may work later
├── NeedsPerson     the therapist: `remedy` says what to do
│   ├── NotFound        a session, card or name that does not exist
│   └── Ambiguous       several fit; `ids` lists them
└── BrokenPromise   a developer: something that cannot be, is
"""

from __future__ import annotations


class KeptHourError(Exception):
    """The root. Texts of this tree are shown to people and logged: they hold no title, name or secret."""


class TryLater(KeptHourError):
    """Catch it to do the same again after a pause."""


class NeedsPerson(KeptHourError):
    """Catch it to show `what` and `remedy`; trying again by machine cannot help."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy


class NotFound(NeedsPerson):
    """Catch it to say that an id or a name does not exist."""


class Ambiguous(NeedsPerson):
    """Catch it to let a person choose among `ids`."""

    def __init__(self, what: str, remedy: str, ids: tuple[str, ...]) -> None:
        super().__init__(what, remedy)
        self.ids = ids


class BrokenPromise(KeptHourError):
    """Catch it at the outermost edge only: it is a bug."""


def place(error: BaseException) -> str:
    """Where an unexpected error arose, without what it says: its text may hold a client's words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
