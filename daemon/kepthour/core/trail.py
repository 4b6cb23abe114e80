"""What is noted of every change that a session goes through: what, when, who, why.

Answers, verdicts and reminders are rows of their own, which say the same. Here stands what else would be overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """What happened. The words are those of `explain` and `export`."""

    SEEN = "seen"  # its calendar holds it now
    EDITED = "edited"  # other facts at the same start
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    LIVES_ON = "lives_on"  # under another id
    LEFT_OUT = "left_out"  # the configuration counts it as no session any more
    BEGUN_ANEW = "begun_anew"  # its ladder, with nothing concluded
    REOPENED = "reopened"  # what was concluded is not any more: that time has not come
    ASKED = "asked"  # a question about it was put; what became of that, its reminder says
    REPLIED = "replied"  # to a question, with a button of the notice: what, and on which channel
    CARD_OPENED = "card_opened"
    CARD_CHANGED = "card_changed"  # more or less serious, confirmed, or open again
    CARD_CLOSED = "card_closed"
    CARD_DROPPED = "card_dropped"  # opened, or begun anew, for nothing: by a clock that was wrong, or a slip
    CAUSE_NAMED = "cause_named"  # `why` is the code, or "none"
    RULE_WRITTEN = "rule_written"  # into the configuration; `why` is what it changes
    STEP_DONE = "step_done"
    STEP_UNDONE = "step_undone"
    STEP_SKIPPED = "step_skipped"
    MAKE_UP = "make_up"  # of a card: the session `about` makes up for the missed one
    MAKE_UP_GONE = "make_up_gone"  # it does not, or not any more
    FIRST_MEETING = (
        "first_meeting"  # of a card: they meet at the session `about`, the first time after the miss
    )
    HOLD_WRITTEN = "hold_written"  # of a card: an entry for a free time, which may be imported
    AWAY_NOTED = "away_noted"
    AWAY_ENDED = "away_ended"


MARKS = {What.STEP_DONE, What.STEP_SKIPPED, What.STEP_UNDONE}  # of a step of a card


class Who(StrEnum):
    """By whose word."""

    CALENDAR = "calendar"
    DAEMON = "daemon"
    THERAPIST = "therapist"


@dataclass(frozen=True, slots=True)
class Noted:
    """One change. Instants are aware UTC."""

    what: What
    by: Who
    at: datetime
    why: str | None = None  # a code: a verdict, the `why` of a reminder, what was edited
    about: str | None = None  # the other session's id, the question's subject, a channel, a card, a step
    start: datetime | None = None  # as it was before; of a leave: from when
    end: datetime | None = None
