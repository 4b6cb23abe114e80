"""Until when what was said of a session is corrected freely; after that a correction says why."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.errors import NeedsPerson
from kepthour.core.spans import midnight
from kepthour.core.verdict import NOT_FINAL, Because, Verdict

# What the therapist said, in words or by answering. That a room saw them is the program's own conclusion.
_THEIR_WORD = frozenset({Because.SAID, Because.CHECKED_IN, Because.CHECKED_OUT})


class ReasonWanted(NeedsPerson):
    """Catch it to ask why; the same again with a reason is taken."""


def is_said(verdict: Verdict | None, because: Because | None) -> bool:
    """Whether the therapist has said what became of it: another verdict is a correction then, and no first one."""
    return word_of_theirs(verdict, because) not in {None, *NOT_FINAL}


def word_of_theirs(verdict: Verdict | None, because: Because | None) -> Verdict | None:
    """What the therapist said, that they cannot tell included; None: nothing, the verdict is the program's own."""
    return verdict if because in _THEIR_WORD else None


def free_until(end: datetime, said_at: datetime, zone: ZoneInfo) -> datetime:
    """Up to when a verdict said at `said_at` on a session that ends at `end` is corrected freely.

    To the end of the next day in `zone` after both of them: what was said late may be a slip, too.
    """
    day = max(end, said_at).astimezone(zone).date()
    return midnight(day + timedelta(days=2), zone)


def want_reason(session_id: str, before: Verdict, after: Verdict) -> ReasonWanted:
    """What to tell who gave none."""
    said = before.value.replace("_", " ")
    return ReasonWanted(
        f"You said “{said}” of this session more than a day ago: a correction needs its reason now.",
        f'Say why: kepthour settle {session_id} {after.value} --reason "…".',
    )
