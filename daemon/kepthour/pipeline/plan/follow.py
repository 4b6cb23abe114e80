"""Carries out what happened to a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kepthour.core.changes import Fate, Happening, is_put_right
from kepthour.core.duplicates import same
from kepthour.core.ladder import Ladder, Urgency
from kepthour.core.reach import PLANNED_BEHIND
from kepthour.core.reminder import QUESTION, Why
from kepthour.core.repair import CardState
from kepthour.core.response import Kind, effect, silence
from kepthour.core.sessions import GONE, Judgement, Session
from kepthour.core.trail import Who
from kepthour.core.verdict import NOT_FINAL
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import cards, course, outbox, planning, reminders, responses, sessions, trail
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow

_ASK_WITHIN = timedelta(hours=24)
_PRESENT = {Kind.HERE, Kind.OUT}


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
    if happening.fate in {Fate.EDITED, Fate.SAME}:
        assert row is not None
        deadline, late_after = _limits_as_planned(ladder, row, new)
        if happening.fate is Fate.EDITED:
            course.edit(tx, new, deadline, late_after, row, now)
        before = sessions.get(tx, happening.predecessor) if happening.predecessor else None
        if before is not None:
            _join(tx, before, row, deadline, now)
    else:
        _begin(tx, happening, new, row, ladder, now)
    return happening.fate


def _limits_as_planned(ladder: Ladder, row: SessionRow, new: Session) -> tuple[datetime, timedelta]:
    """Deadline and `late_after` of a session that was planned as `row`, and is as `new`, at the same start.

    A ladder that has begun keeps them, whatever the configuration says since; until it has, planning it sets them.
    Those of a session whose row was lost were guessed from what was left of its ladder (store.salvage).
    """
    if not row.known.calendar:
        return ladder.deadline(new.start, new.end), ladder.late_after
    before, half = row.deadline - row.known.start, (row.known.end - row.known.start) / 2
    missed_after = before if before < half else max(ladder.missed_after, before)
    return replace(ladder, missed_after=missed_after).deadline(new.start, new.end), row.late_after


def _join(tx: Tx, before: SessionRow, row: SessionRow, deadline: datetime, now: datetime) -> None:
    """Two that had a ladder each are known to be one now: what was answered to the one silences the other's."""
    _silence(tx, before, Why.MOVED, now)
    course.adopt(tx, (before.id, before.known.revision), (row.id, row.known.revision))
    answers = responses.to(tx, row)
    for count, answer in enumerate(answers):
        ladder = reminders.of_session(tx, row.id, row.known.revision)
        what = effect(answer, row.known.start, deadline, ladder, answers[:count])
        outbox.apply(tx, what, row.id, row.known.revision, answer.at)
    if row.verdict is None or (_is_suspected(row) and before.verdict is not None):
        course.inherit(tx, before, row.id, now)


def _begin(
    tx: Tx,
    happening: Happening,
    new: Session,
    row: SessionRow | None,
    ladder: Ladder,
    now: datetime,
) -> None:
    """A start that is new: of a new session, one that moved, or one that is back. If it is as before, answers hold."""
    revision = 1
    before = sessions.get(tx, happening.predecessor) if happening.predecessor else None
    deadline, late_after = ladder.deadline(new.start, new.end), ladder.late_after
    if before is not None and happening.keeps_answers and before.known.start == new.start:
        deadline, late_after = _limits_as_planned(ladder, before, new)
    if row is None:
        course.add(tx, new, deadline, late_after, now, before)
    else:
        revision = row.known.revision + 1
        _restart(tx, new, row, deadline, late_after, now)
    _mark(tx, happening, new, before or row, now)
    if before is not None and happening.keeps_answers:
        # both are over: what is still shown names a time that does not hold
        if before.known.start != new.start:
            _silence(tx, before, Why.MOVED, now, but_questions=True)
        # Also where only now it is known that two are one.
        is_same = before.known.uid == new.uid or happening.fate is not Fate.ADDED
        _take_over(
            tx, before, new.id, revision, now, with_ladder=not happening.revived, is_same_event=is_same
        )
    elif before is not None and happening.put_right:
        _stay_in(tx, before, (new.id, revision), now)
        if cards.of_session(tx, new.id) is None:  # one miss is one card
            course.hand_on_card(tx, before.id, new.id)
    elif before is None and (row is None or row.hidden):
        for other in _cancelled_elsewhere(tx, new):
            _stay_in(tx, other, (new.id, revision), now)


def _mark(tx: Tx, happening: Happening, new: Session, before: SessionRow | None, now: datetime) -> None:
    """A session that moved lately, or is back, is easily misread."""
    moved = before is not None and before.known.start != new.start
    restored = happening.fate is Fate.RESTORED
    course.mark(tx, new.id, moved_at=now if moved else None, restored_at=now if restored else None)


def _restart(
    tx: Tx, new: Session, row: SessionRow, deadline: datetime, late_after: timedelta, now: datetime
) -> None:
    """Another revision of a known session, with the answers that still hold."""
    old, revised = (row.id, row.known.revision), (row.id, row.known.revision + 1)
    _silence(tx, row, Why.MOVED, now)
    course.restart(tx, new, revised[1], deadline, late_after, row, now)
    if row.known.start == new.start:
        course.adopt(tx, old, revised)
        if _stays_said(tx, row):
            course.inherit(tx, row, row.id, now)
    elif is_put_right(row.known, new, now):
        _stay_in(tx, row, revised, now)


def _stay_in(tx: Tx, before: SessionRow, revised: tuple[str, int], now: datetime) -> None:
    """Who is, or was, in a session whose entry was put right stays so, and what was said of it stays said."""
    course.adopt(tx, (before.id, before.known.revision), revised, kinds=_PRESENT)
    said_at = before.decided_at if before.decided_by == "therapist" else None
    if said_at is not None and said_at >= before.known.start:
        course.inherit(tx, before, revised[0], now)


def _cancelled_elsewhere(tx: Tx, new: Session) -> list[SessionRow]:
    """The same session in another calendar, which has cancelled it: who says that they are in it are, all the same."""
    return [
        other
        for other in sessions.between(tx, new.start, new.end)
        if other.known.cancelled
        and not other.hidden
        and other.known.calendar != new.calendar
        and other.known.start == new.start
        and same(other.known, new)
    ]


def _stays_said(tx: Tx, row: SessionRow) -> bool:
    """Whether what the therapist said holds for a session that is back at its start.

    Said of one that had begun, it does; and of one that only the configuration had left out. Said beforehand of one
    that its calendar cancelled since ("cancelled", say), it was about that: the session that is back is to be watched.
    """
    if row.decided_by != "therapist" or row.decided_at is None or row.successor is not None:
        return False
    return trail.was_left_out(tx, row.id) or row.decided_at >= row.known.start


def _lift_suspicion(tx: Tx, row: SessionRow, now: datetime) -> None:
    """The calendar was only late to tell that it did not take place then: there is nothing to repair."""
    card = cards.of_session(tx, row.id)
    if _is_suspected(row) and card is not None and card.state is not CardState.CLOSED:
        cards.close(tx, card, now, Who.CALENDAR, Why.CANCELLED.value)


def _is_suspected(row: SessionRow) -> bool:
    return row.verdict in NOT_FINAL and row.decided_by == "daemon"


def _is_unheard_of(tx: Tx, row: SessionRow) -> bool:
    """Whether nothing was concluded of it, and nobody was in it: it was cancelled while nobody watched."""
    return row.verdict is None and not any(one.kind in _PRESENT for one in responses.to(tx, row))


def _take_over(
    tx: Tx,
    before: SessionRow,
    successor: str,
    revision: int,
    now: datetime,
    *,
    with_ladder: bool,
    is_same_event: bool,
) -> None:
    """The same session under another id: its ladder goes on where it is, and its answers hold."""
    old, new = (before.id, before.known.revision), (successor, revision)
    course.adopt(tx, old, new)
    # What was settled before it began was about the old event ("cancelled", say): the new one is to be watched.
    if not is_same_event and before.decided_by == "therapist" and now < before.known.start:
        return
    if not with_ladder:
        return
    outbox.hand_over(tx, old, new)
    course.inherit(tx, before, successor, now)


def _lose(
    tx: Tx, happening: Happening, row: SessionRow, judgement: Judgement | None, policy: Policy, now: datetime
) -> Fate:
    """A session that is not there any more. What is over stays as it was, unless it lives on."""
    if happening.fate is Fate.SUCCEEDED:
        if not happening.keeps_answers:
            _silence(tx, row, Why.MOVED, now)
        keeps_answers = happening.keeps_answers or happening.put_right
        course.hand_on(tx, row.id, now, happening.successor, keeps_answers=keeps_answers)
        return Fate.SUCCEEDED
    cancelled = judgement is not None and judgement.why in GONE
    is_over = row.known.end <= now or row.known.start < now - PLANNED_BEHIND
    if is_over and not (cancelled and (_is_suspected(row) or _is_unheard_of(tx, row))):
        return Fate.SAME
    _silence(tx, row, Why.CANCELLED, now)
    _lift_suspicion(tx, row, now)
    # The rules changed, or it is no calendar of ours any more: it is not the session that is gone.
    dropped = not policy.has(row.known.calendar) or (judgement is not None and not cancelled)
    if dropped:
        course.leave_out(tx, row.id, now)
    else:
        course.cancel(tx, row.id, now, gone=not cancelled)
        if _is_suspected(row):
            course.begin_anew(tx, row.id, row.known.revision, Who.CALENDAR, Why.CANCELLED, now)
        if judgement is None and now < row.known.start <= now + _ASK_WITHIN:
            _ask_about_vanished(tx, policy, row, now)
    return happening.fate


def _ask_about_vanished(tx: Tx, policy: Policy, row: SessionRow, now: datetime) -> None:
    """So near its start a session that is simply gone may be a slip, or a broken feed: somebody has to know."""
    course.ask(tx, [row.id], row.id, now)
    channels = policy.digest_channels
    until = row.known.end
    planning.announce(tx, row.id, row.id, row.known.revision, QUESTION, channels, Urgency.HIGH, now, until)


def _silence(tx: Tx, row: SessionRow, why: Why, now: datetime, *, but_questions: bool = False) -> None:
    """With `but_questions` what asks about it stays: that is still to be answered."""
    planned = reminders.of_session(tx, row.id, row.known.revision)
    unwanted = [one for one in planned if one.offset is not None] if but_questions else planned
    outbox.withdraw(tx, silence(unwanted, why), now)
