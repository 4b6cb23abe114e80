"""Takes an answer: stores it together with all that it does to the reminders, in one transaction.

Every answer may come twice, from two places, late: the second changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.errors import Ambiguous, NeedsPerson, NotFound
from kepthour.core.ladder import Urgency
from kepthour.core.objections import object_to_answer
from kepthour.core.quiet import NOTED, ended_by
from kepthour.core.reminder import QUESTION, Reminder, State, Why
from kepthour.core.repair import LATE_FROM, CardState
from kepthour.core.response import EARLIEST_CHECK_IN, Kind, Response, effect, silence, until
from kepthour.core.trail import Who
from kepthour.core.verdict import (
    HELD,
    NOT_FINAL,
    SessionState,
    Verdict,
    announced_start,
    checked_in_at,
    deadline_after,
    joined_at,
    state_of,
)
from kepthour.logger import log
from kepthour.store import cards, course, nudging, outbox, planning, reminders, responses, sessions
from kepthour.store.engine import Store, Tx
from kepthour.store.presence import attended
from kepthour.store.sessions import SessionRow

_ONCE = {Kind.HERE, Kind.ACK, Kind.OUT}
_SAID_AT_ITS_TIME = {Kind.HERE, Kind.ACK, Kind.LATE}  # of one that has begun, too
_BEFORE_A_CHECK_IN = {Kind.ACK, Kind.SNOOZE, Kind.LATE}
_AROUND = timedelta(days=2)
_OVERRUN = timedelta(hours=1)
_OPEN = {SessionState.REMINDING, SessionState.ACKNOWLEDGED, SessionState.IN_SESSION}


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer led to. `changed` is false for one that said nothing new."""

    session: SessionRow
    response: Response
    changed: bool
    passed_over: tuple[SessionRow, ...] = ()  # if none was named


@dataclass(frozen=True, slots=True)
class Due:
    """The session that an answer without a name means, and others that could be meant: they run without a check-in."""

    id: str
    passed_over: tuple[SessionRow, ...] = ()


def respond(
    store: Store,
    session_id: str,
    kind: Kind,
    now: datetime,
    surface: str,
    span: timedelta | None = None,
    delivery: str | None = None,
    heard_at: datetime | None = None,
) -> Answered:
    """Take an answer to one session. `span` is how long (SNOOZE, LATE), `delivery` the notice that was answered.

    It was given at `now`, and is heard at `heard_at` (None: at once).
    Raises NotFound, NeedsPerson.
    """
    with store.write() as tx:
        row = _existing(tx, session_id)
        if delivery is not None and _is_outdated(tx, delivery, row, kind):
            raise NeedsPerson("That notice was about another start.", "Answer the newest one.")
        if row.known.cancelled:
            raise NeedsPerson("This session was cancelled.", "There is nothing to answer.")
        before = responses.to(tx, row)
        response = Response(kind, now, surface, until(kind, row.known.start, now, span))
        if _is_said(kind, row, before):
            return Answered(row, response, changed=False)
        object_to_answer(response, row.known, before, _settled(row))
        if kind is Kind.LATE and _was_asked_too_early(row, response, before):
            row = _with_nothing_concluded(tx, row, now)
        _take(tx, row, response, before, heard_at or now)
        said = _by_time([*before, response])
        if kind is Kind.LATE and _is_asked(tx, row):
            _ask_once_more(tx, row, said, now)
        if kind is Kind.LATE and _was_told(row, said):
            _void_card(tx, row, now)
        if kind is Kind.LATE and delivery is not None:
            _confirm(tx, row, response, delivery)
        if kind is Kind.HERE:
            _end_the_one_before(tx, row, now, surface)
        if kind in {Kind.HERE, Kind.OUT}:
            outbox.end_holds(tx)
    log.info("answer.taken", session=session_id, answer=kind.value, surface=surface)
    return Answered(row, response, changed=True)


def _by_time(answers: Sequence[Response]) -> list[Response]:
    """One that is heard late was given before others."""
    return sorted(answers, key=lambda one: one.at)


def _is_said(kind: Kind, row: SessionRow, before: Sequence[Response]) -> bool:
    """Whether such an answer says nothing beside `before`. A room may be opened once to try it, and once to stay."""
    if kind is Kind.JOIN:
        return joined_at(before, row.known.start, row.deadline) is not None
    return kind in _ONCE and any(earlier.kind is kind for earlier in before)


def _take(
    tx: Tx, row: SessionRow, response: Response, before: Sequence[Response], heard_at: datetime
) -> None:
    """Store an answer with all that it does. `before` are those that were given earlier to the same start."""
    responses.respond(tx, row.id, row.known.revision, response)
    ladder = reminders.of_session(tx, row.id, row.known.revision)
    what_follows = effect(response, row.known.start, row.deadline, ladder, before, heard_at)
    outbox.apply(tx, what_follows, row.id, row.known.revision, response.at)


def _was_asked_too_early(row: SessionRow, late: Response, before: Sequence[Response]) -> bool:
    """Whether "running late" was said in time, and is heard after it was concluded that nobody came."""
    if row.verdict not in NOT_FINAL or row.decided_by != "daemon" or row.decided_at is None:
        return False
    start = row.known.start
    said_in_time = late.at <= deadline_after(row.deadline, start, before)
    return said_in_time and row.decided_at < deadline_after(row.deadline, start, _by_time([*before, late]))


def _is_asked(tx: Tx, row: SessionRow) -> bool:
    """Whether a question about it alone was put, and stands open."""
    planned = reminders.of_session(tx, row.id, row.known.revision)
    is_open = row.verdict in NOT_FINAL and row.decided_by == "daemon"
    return is_open and any(one.rung == QUESTION for one in planned)


def _ask_once_more(tx: Tx, row: SessionRow, answers: Sequence[Response], now: datetime) -> None:
    """What the reminders that begin anew take the place of is asked again after them, at the deadline that moved.

    Nothing is taken back by that: it was said when the question had been put.
    """
    asked = [one for one in reminders.of_session(tx, row.id, row.known.revision) if one.rung == QUESTION]
    later = deadline_after(row.deadline, row.known.start, answers) - min(one.due_at for one in asked)
    if later <= timedelta():  # heard late: it was over by then
        return
    outbox.withdraw(tx, silence(asked, Why.LATE), now)
    planning.put_aside(tx, [one.id for one in asked])
    for one in asked:
        planning.announce(
            tx,
            row.id,
            row.id,
            row.known.revision,
            QUESTION,
            [one.channel],
            one.urgency,
            one.due_at + later,
            one.useful_until + later,
        )


def _was_told(row: SessionRow, answers: Sequence[Response]) -> bool:
    """Whether the client, for whom it began late, had been told so: that is heard only now."""
    expected, checked_in = announced_start(answers), checked_in_at(answers)
    return (
        row.verdict is Verdict.LATE
        and row.decided_by == "daemon"
        and expected is not None
        and checked_in is not None
        and checked_in < expected + LATE_FROM
    )


def _void_card(tx: Tx, row: SessionRow, now: datetime) -> None:
    card = cards.of_session(tx, row.id)
    if card is not None and card.state is not CardState.CLOSED and card.opened_at >= row.known.start:
        cards.void(tx, card, now, Who.THERAPIST, Why.LATE.value)
        nudging.hush(tx, card.id, now)


def _with_nothing_concluded(tx: Tx, row: SessionRow, now: datetime) -> SessionRow:
    """The same start once more: it may be asked about again, at the deadline that moved, and not before."""
    old, new = (row.id, row.known.revision), (row.id, row.known.revision + 1)
    planned = reminders.of_session(tx, *old)
    asked = [one for one in planned if one.rung == QUESTION]
    outbox.withdraw(tx, silence(asked, Why.LATE), now)
    outbox.hand_over(tx, old, new, only=[one.id for one in planned if one not in asked])
    course.adopt(tx, old, new)
    course.begin_anew(tx, row.id, new[1], Who.THERAPIST, Why.LATE, now)
    _void_card(tx, row, now)
    return _existing(tx, row.id)


def _confirm(tx: Tx, row: SessionRow, response: Response, delivery: str) -> None:
    """Where "running late" was pressed, say until when it is quiet, with a draft for the client who waits."""
    shown = reminders.get(tx, int(delivery)) if delivery.isdecimal() else None
    if shown is None or response.until is None:
        return
    ladder = reminders.of_session(tx, row.id, row.known.revision)
    earlier = sum(one.rung.startswith(NOTED) for one in ladder)
    planning.announce(
        tx,
        row.id,
        row.id,
        row.known.revision,
        f"{NOTED}-{earlier + 1}" if earlier else NOTED,
        [shown.channel],
        Urgency.NORMAL,
        response.at,
        response.until,
    )


def _end_the_one_before(tx: Tx, row: SessionRow, now: datetime, surface: str) -> None:
    """Back to back one answer ends a session and starts the next."""
    for ended in ended_by(row.known.start, row.id, attended(tx, now), now):
        other = sessions.get(tx, ended.id)
        if other is None:
            continue
        _take(tx, other, Response(Kind.OUT, now, surface), responses.to(tx, other), now)


def due_session(store: Store, now: datetime, kind: Kind) -> Due:
    """The session that an answer without a name means: the one whose ladder runs or whose time it is.

    Of several the nearest start counts; for OUT, those that the therapist is in come first, and none that is to come
    counts. Raises NotFound if there is none, Ambiguous if two are equally near.
    """
    with store.read() as tx:
        rows = [row for row in sessions.between(tx, now - _AROUND, now + _AROUND) if not row.hidden]
        states = {row.id: _state(tx, row, now) for row in rows}
        candidates = [row for row in rows if states[row.id] in _OPEN or _is_still_awaited(tx, row, now)]
        if kind in _BEFORE_A_CHECK_IN:
            to_come = [row for row in candidates if states[row.id] is not SessionState.IN_SESSION]
            candidates = to_come or candidates
        if kind is Kind.OUT:
            candidates = _may_be_over(tx, rows, candidates, now)
    if not candidates:
        coming = next((row for row in rows if row.known.start > now and not row.known.cancelled), None)
        hint = f"Name one with --session; the next is {coming.id}." if coming else "See: kepthour agenda."
        raise NotFound("No session is due now.", hint)
    nearest = min(abs(row.known.start - now) for row in candidates)
    ids = tuple(row.id for row in candidates if abs(row.known.start - now) == nearest)
    if len(ids) > 1:
        raise Ambiguous("Several sessions are due now.", f"Name one with --session: {', '.join(ids)}.", ids)
    if kind not in _SAID_AT_ITS_TIME:
        return Due(ids[0])
    running = [
        row for row in candidates if row.known.start <= now and states[row.id] is not SessionState.IN_SESSION
    ]
    return Due(ids[0], tuple(row for row in running if row.id != ids[0]))


def _may_be_over(
    tx: Tx, rows: Sequence[SessionRow], running: Sequence[SessionRow], now: datetime
) -> list[SessionRow]:
    """What "over" may mean. Who was checked out by the check-in to the next one says it once more of the first."""
    begun = [row for row in rows if row.known.start <= now]
    inside = [row for row in begun if _is_inside(tx, row, now)]
    said = [row for row in begun if now < row.known.end and _is_checked_out(tx, row)]
    early = [row for row in rows if row.known.start > now and _is_inside(tx, row, now)]
    return inside or [row for row in running if row.known.start <= now] or said or early


def _is_checked_out(tx: Tx, row: SessionRow) -> bool:
    return not row.known.cancelled and any(one.kind is Kind.OUT for one in responses.to(tx, row))


def _existing(tx: Tx, session_id: str) -> SessionRow:
    row = sessions.living(tx, session_id)
    if row is None or row.hidden:
        raise NotFound(f'There is no session "{session_id}".', "See the ids with: kepthour agenda --json.")
    return row


def _is_outdated(tx: Tx, delivery: str, row: SessionRow, kind: Kind) -> bool:
    """Whether the notice was shown for a start that the session no longer has.

    One that went and is back has it. One whose entry was put right while it went on never had another: who said that
    they are in it are, though it is heard only now.
    """
    shown = reminders.get(tx, int(delivery)) if delivery.isdecimal() else None
    if shown is None or shown.session_id != row.id or shown.revision == row.known.revision:
        return False
    if shown.offset is None:
        return True
    start, moved_at = shown.due_at - shown.offset, row.moved_at
    if start == row.known.start:
        return False
    near = abs(row.known.start - start) <= EARLIEST_CHECK_IN
    put_right = near and moved_at is not None and start <= moved_at
    return not (put_right and kind in {Kind.HERE, Kind.OUT})


def _state(tx: Tx, row: SessionRow, now: datetime) -> SessionState:
    ladder = reminders.of_session(tx, row.id, row.known.revision)
    answers = responses.to(tx, row)
    return state_of(
        row.known.start,
        row.known.end,
        cancelled=row.known.cancelled,
        reminded=_begun(ladder, now),
        verdict=row.verdict,
        responses=answers,
        now=now,
    )


def _settled(row: SessionRow) -> Verdict | None:
    """What the therapist said became of it, unless it was held or they cannot tell: then they may say more."""
    said = row.verdict if row.decided_by == "therapist" else None
    return said if said not in HELD | NOT_FINAL else None


def _is_still_awaited(tx: Tx, row: SessionRow, now: datetime) -> bool:
    """Whether "running late" moved its ladder beyond its end: it still asks for a check-in."""
    if row.known.cancelled or row.verdict is not None or now < row.known.end:
        return False
    answers = responses.to(tx, row)
    is_over = any(one.kind is Kind.OUT for one in answers)
    return not is_over and now < deadline_after(row.deadline, row.known.start, answers)


def _is_inside(tx: Tx, row: SessionRow, now: datetime) -> bool:
    """Whether the therapist is in this session, and has not said that it is over; it may have overrun a little."""
    kinds = {answer.kind for answer in responses.to(tx, row)}
    there = Kind.HERE in kinds or (row.verdict in HELD and row.decided_by == "daemon")
    return there and Kind.OUT not in kinds and now < row.known.end + _OVERRUN


def _begun(ladder: Sequence[Reminder], now: datetime) -> bool:
    return any(r.state is State.SENT or r.state is State.ANSWERED or r.due_at <= now for r in ladder)
