"""Notices as they are really worded: of one session by video, at 14:00 in Berlin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.ladder import Urgency
from kepthour.core.notice import Notice, Showing
from kepthour.core.notices import question_notice, rung_notice
from kepthour.core.privacy import Phi
from kepthour.core.reminder import Reminder, State
from kepthour.core.spans import format_offset
from kepthour.core.tongue import ENGLISH, Tongue
from kepthour.core.words.text import Show

START = datetime(2026, 3, 4, 13, tzinfo=UTC)
SESSION = KnownSession(
    id="abc", calendar="practice", uid="1", recurrence_id=None, start=START, end=START + timedelta(minutes=50),
    client=Phi("AB"), place=Phi(), join_url=Phi("https://zoom.us/j/1"), revision=1, cancelled=False,
)  # fmt: skip


def rung(
    minutes: int,
    urgency: Urgency = Urgency.CRITICAL,
    *,
    spoken: Tongue = ENGLISH,
    insists: bool = False,
    show: Show = Show.TIME,
    announced: datetime | None = None,
) -> Notice:
    """The rung so many minutes after the start (before it, if negative), as it is handed to a channel in time."""
    reminder = _reminder(minutes, urgency)
    how = Showing(ZoneInfo("Europe/Berlin"), show, spoken, insists)
    return rung_notice(reminder, SESSION, reminder.due_at, how, announced)


def question(spoken: Tongue = ENGLISH, show: Show = Show.TIME) -> Notice:
    """What is asked a quarter of an hour after the start, if nobody came."""
    reminder = replace(_reminder(15, Urgency.NORMAL), rung="question", offset=None)
    return question_notice(
        reminder, [SESSION], Showing(ZoneInfo("Europe/Berlin"), show, spoken), reminder.due_at
    )


def _reminder(minutes: int, urgency: Urgency) -> Reminder:
    offset = timedelta(minutes=minutes)
    due = START + offset
    return Reminder(
        id=1000 + minutes, subject="abc", session_id="abc", revision=1, rung=format_offset(offset), offset=offset,
        channel="desktop", urgency=urgency, due_at=due, useful_until=START, skip_in_session=False,
        state=State.PENDING, why=None, attempts=1, problem=None, not_before=due, claimed_at=None, sent_at=None,
        changed_at=None, reference=None,
    )  # fmt: skip
