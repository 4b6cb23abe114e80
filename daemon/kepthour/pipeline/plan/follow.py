"""Carries out what happened to a session."""

from __future__ import annotations

from datetime import datetime, timedelta

from kepthour.core.changes import Fate, Happening
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import Why
from kepthour.core.response import silence
from kepthour.core.sessions import GONE, Judgement, Session
from kepthour.pipeline.plan.policy import BEHIND, Policy
from kepthour.store import outbox, reminders, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow

_ASK_WITHIN = timedelta(hours=24)


def follow(
    tx: Tx,
    policy: Policy,
    happening: Happening,
    row: SessionRow | None,
    judgement: Judgement | None,
    now: datetime,
) -> Fate:
    """Write one session's fate. `row` is the session as it was known, None for a new one."""
    new = happening.observed
    if new is None:
        assert row is not None
        return _lose(tx, happening, row, judgement, policy, now)
    ladder = policy.ladder
    deadline = ladder.deadline(new.start, new.end)
    if happening.fate is Fate.EDITED:
        sessions.edit(tx, new, deadline, ladder.late_after)
    elif happening.fate is not Fate.SAME:
        _begin(tx, happening, new, row, deadline, ladder.late_after, now)
    return happening.fate


def _begin(
    tx: Tx,
    happening: Happening,
    new: Session,
    row: SessionRow | None,
    deadline: datetime,
    late_after: timedelta,
    now: datetime,
) -> None:
    """A start that is new: of a new session, one that moved, or one that is back. If it is as before, answers hold."""
    revision = 1
    if row is None:
        sessions.add(tx, new, deadline, late_after)
    else:
        _silence(tx, row, Why.MOVED, now)
        revision = row.known.revision + 1
        sessions.restart(tx, new, revision, deadline, late_after)
        if row.known.start == new.start:
            sessions.adopt(tx, (row.id, row.known.revision), (row.id, revision))
    before = (
        sessions.get(tx, happening.predecessor) if happening.predecessor and happening.same_start else None
    )
    if before is not None:
        _take_over(tx, before, new.id, revision, now, with_ladder=not happening.revived)


def _take_over(
    tx: Tx, before: SessionRow, successor: str, revision: int, now: datetime, *, with_ladder: bool
) -> None:
    """The same session under another id: its ladder goes on where it is, and its answers hold."""
    old, new = (before.id, before.known.revision), (successor, revision)
    sessions.adopt(tx, old, new)
    # What was settled before it began was about the old event ("cancelled", say): the new one is to be watched.
    if before.decided_by == "therapist" and now < before.known.start:
        return
    if not with_ladder:
        return
    outbox.hand_over(tx, old, new)
    sessions.inherit(tx, before, successor)


def _lose(
    tx: Tx, happening: Happening, row: SessionRow, judgement: Judgement | None, policy: Policy, now: datetime
) -> Fate:
    """A session that is not there any more. What is over stays as it was, unless it lives on."""
    if happening.fate is Fate.SUCCEEDED:
        if not happening.same_start:
            _silence(tx, row, Why.MOVED, now)
        sessions.hide(tx, row.id, now, happening.successor if happening.same_start else None)
        return Fate.SUCCEEDED
    if row.known.end <= now or row.known.start < now - BEHIND:
        return Fate.SAME
    _silence(tx, row, Why.CANCELLED, now)
    # The rules changed, or it is no calendar of ours any more: it is not the session that is gone.
    dropped = not policy.has(row.known.calendar) or (judgement is not None and judgement.why not in GONE)
    if dropped:
        sessions.hide(tx, row.id, now)
    else:
        sessions.cancel(tx, row.id, now)
        if judgement is None and now < row.known.start <= now + _ASK_WITHIN:
            _ask_about_vanished(tx, policy, row, now)
    return happening.fate


def _ask_about_vanished(tx: Tx, policy: Policy, row: SessionRow, now: datetime) -> None:
    """So near its start a session that is simply gone may be a slip, or a broken feed: somebody has to know."""
    sessions.ask(tx, [row.id], row.id)
    channels = policy.digest_channels
    until = row.known.end
    reminders.announce(tx, row.id, row.id, row.known.revision, "question", channels, Urgency.HIGH, now, until)


def _silence(tx: Tx, row: SessionRow, why: Why, now: datetime) -> None:
    outbox.withdraw(tx, silence(reminders.of_session(tx, row.id, row.known.revision), why), now)
