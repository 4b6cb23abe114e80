"""What a channel is handed: words, answers, and nothing that may not be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kepthour.core.ladder import Urgency
from kepthour.core.tongue import Tongue
from kepthour.core.words.text import Show

SNOOZE = timedelta(minutes=5)  # of the button; never past the start
LATE = timedelta(minutes=10)  # of the button "Running late"


class Key(StrEnum):
    """What a therapist can answer on a notice. The same keys on every channel."""

    HERE = "here"
    ACK = "ack"
    SNOOZE = "snooze"
    LATE = "late"
    JOIN = "join"
    OUT = "out"
    # To the question what became of a session. "Late" is taken: that one says that the therapist will be.
    HELD = "held"
    WAS_LATE = "was_late"
    NO_SHOW = "no_show"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Action:
    """One answer a notice offers: `key` is stable, `label` is for reading."""

    key: Key
    label: str
    full: str = ""  # the label where there is room for a longer one; empty: there is none


@dataclass(frozen=True, slots=True)
class Later:
    """What a notice says from `at` (aware UTC) on, if it is still on the screen then."""

    at: datetime
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A reminder, ready to show."""

    delivery: str  # opaque id of this delivery
    subject: (
        str  # the session's id, or another subject ("day:2026-11-24"): a later notice of it replaces this one
    )
    rung: str  # the rung's offset as configured ("-15m"), or a name ("question")
    urgency: Urgency
    title: str
    text: str
    start: datetime | None  # the session's, aware, in the therapist's zone; None for notices about no session
    end: datetime | None
    actions: tuple[Action, ...]
    stays: bool  # keep it on screen until it is answered, replaced or recalled
    hint: str = ""  # how to answer where none of the actions can be pressed; may be empty
    far_hint: str = ""  # the same, for whoever reads it away from the computer
    moment: datetime | None = None  # aware: what a running clock counts to, the start or the announced one
    discreet: bool = (
        False  # nothing that covers a screen: the therapist is with a client, or has just answered
    )
    later: Sequence[Later] = ()  # by time; for channels that can say it in place and in silence
    insists: bool = False  # it comes back if it was put away without an answer

    def as_of(self, now: datetime) -> Notice:
        """The notice as it reads at `now` (aware)."""
        said = [one for one in self.later if one.at <= now]
        return replace(self, title=said[-1].title, text=said[-1].text) if said else self


@dataclass(frozen=True, slots=True)
class Showing:
    """How notices are worded: in which zone and language, how much of a client they may tell, and how they insist."""

    zone: ZoneInfo
    show: Show
    tongue: Tongue
    insists: bool = False  # what is put away without an answer comes back
