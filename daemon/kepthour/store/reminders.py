"""The outbox: every reminder is a row, from the day it is planned. What becomes of it stands in outbox.py.

Here they are read; planning.py adds them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Row,
    Select,
    and_,
    bindparam,
    not_,
    or_,
    select,
)

from kepthour.core.ladder import Urgency
from kepthour.core.nudges import LANDING, NUDGE
from kepthour.core.reminder import OPENING, OUT, QUESTION, SWEEP, Reminder, State, Why
from kepthour.logger import log
from kepthour.store.conditions import in_parts, of_kind, one_of
from kepthour.store.engine import THERAPIST, Tx
from kepthour.store.tables import reminders, sessions

_SAID_FOR = timedelta(hours=12)  # by a repair card


_BUT = reminders.c.id.not_in(bindparam("but", expanding=True))
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_IS_PENDING = reminders.c.state == State.PENDING.value
_IS_OPEN = one_of(reminders.c.state, (State.PENDING.value, State.SENT.value))

# Built once: see sessions.py.
_MINE = (
    select(reminders)
    .where(reminders.c.therapist_id == THERAPIST)
    .order_by(reminders.c.due_at, reminders.c.id)
)
_PENDING = _MINE.where(_IS_PENDING)
_READY = _PENDING.where(reminders.c.not_before <= bindparam("now"))
_RIVALS = _MINE.where(
    reminders.c.subject.in_(bindparam("subjects", expanding=True)),
    reminders.c.due_at <= bindparam("now"),
    one_of(reminders.c.state, (State.PENDING.value, *(state.value for state in OUT))),
)
_COMING = _PENDING.where(
    reminders.c.offset.is_not(None),
    reminders.c.due_at < bindparam("until"),
    reminders.c.useful_until > bindparam("now", type_=reminders.c.useful_until.type),
).limit(bindparam("most"))
_NEXT = (
    _PENDING.with_only_columns(reminders.c.not_before)
    .order_by(None)
    .order_by(reminders.c.not_before)
    .limit(1)
)
_READY_BUT, _NEXT_BUT = _READY.where(_BUT), _NEXT.where(_BUT)  # the longer way, seldom needed
# A session is the subject of all its reminders; of the two columns only `subject` has an index.
_OF_SESSIONS = _MINE.where(reminders.c.subject.in_(_IDS), reminders.c.session_id.is_not(None))
_REMINDED = (
    _OF_SESSIONS.where(one_of(reminders.c.state, (state.value for state in OUT)))
    .with_only_columns(reminders.c.subject, reminders.c.revision)
    .order_by(None)
    .distinct()
)
_OF_SUBJECT = _MINE.where(reminders.c.subject == bindparam("subject"))
_OF_START = _OF_SUBJECT.where(
    reminders.c.session_id.is_not(None), reminders.c.revision == bindparam("revision")
)
_ABOUT_DAYS = _PENDING.where(of_kind(reminders.c.subject, "day"))
_OPEN_ALERTS = _MINE.where(of_kind(reminders.c.subject, "calendar"), _IS_OPEN)
_NUDGES = _PENDING.where(of_kind(reminders.c.subject, "card"))
_ELSEWHERE = _MINE.where(
    _IS_OPEN,
    reminders.c.channel.not_in(bindparam("channels", expanding=True)),
    or_(_IS_PENDING, one_of(reminders.c.rung, (QUESTION, SWEEP))),
)
_OPENINGS = _PENDING.where(reminders.c.rung == OPENING)
_OPEN_QUESTIONS = _MINE.where(of_kind(reminders.c.subject, "question"), _IS_OPEN)
_OPEN_SWEEPS = _MINE.where(
    of_kind(reminders.c.subject, "day"),
    reminders.c.rung == SWEEP,
    reminders.c.state == State.SENT.value,
    reminders.c.recall.is_(False),
    reminders.c.useful_until > bindparam("now", type_=reminders.c.useful_until.type),
)
_TO_RECALL = _MINE.where(reminders.c.recall.is_(True))
_WITH_ID = _MINE.where(reminders.c.id == bindparam("id"))
_HAS_REFERENCE = reminders.c.reference.is_not(None)
_SHOWN = (
    _OF_SUBJECT.where(reminders.c.channel == bindparam("channel"), _HAS_REFERENCE)
    .with_only_columns(reminders.c.reference)
    .order_by(None)
    .order_by(reminders.c.sent_at.desc())
    .limit(1)
)
_SHOWN_OF = (
    _MINE.where(reminders.c.subject.in_(_IDS), _HAS_REFERENCE)
    .with_only_columns(reminders.c.subject, reminders.c.channel, reminders.c.reference)
    .order_by(None)
    .order_by(reminders.c.sent_at)
)


def due(tx: Tx, now: datetime, but: Collection[int] = ()) -> list[Reminder]:
    """Reminders to decide about now: pending ones whose time has come, but not those that are being sent (`but`).

    With them come those of the same subjects that fell due before, pending or out: to be weighed against.
    """
    ready = _read(tx, _READY_BUT, now=now, but=list(but)) if but else _read(tx, _READY, now=now)
    if not ready:
        return []
    return _read(tx, _RIVALS, subjects=list({reminder.subject for reminder in ready}), now=now)


def pending(tx: Tx, ids: Collection[int]) -> list[Reminder]:
    """Those of `ids` that are pending."""
    return _read(tx, _PENDING.where(reminders.c.id.in_(_IDS)), ids=list(ids))


def coming(tx: Tx, now: datetime, until: datetime, most: int) -> list[Reminder]:
    """The first `most` pending rungs of sessions that are due before `until`, by due time; late ones, if of use still.

    What is of no use stays pending in a store that cannot be written, and would fill the list.
    """
    return _read(tx, _COMING, now=now, until=until, most=most)


def next_time(tx: Tx, but: Collection[int] = ()) -> datetime | None:
    """When the next pending reminder is due, or may be tried again; not those that are being sent (`but`)."""
    row = (tx.run(_NEXT_BUT, but=list(but)) if but else tx.run(_NEXT)).first()
    return row.not_before if row else None


def of_session(tx: Tx, session_id: str, revision: int) -> list[Reminder]:
    """All reminders for one start of a session, by due time."""
    return _read(tx, _OF_START, subject=session_id, revision=revision)


def of_sessions(tx: Tx, ids: Collection[str]) -> dict[tuple[str, int], list[Reminder]]:
    """All reminders of these sessions, each start's by due time; by session id and revision."""
    found: defaultdict[tuple[str, int], list[Reminder]] = defaultdict(list)
    for some in in_parts(ids):
        for reminder in _read(tx, _OF_SESSIONS, ids=some):
            found[reminder.subject, reminder.revision].append(reminder)
    return found


def reminded(tx: Tx, ids: Collection[str]) -> set[tuple[str, int]]:
    """Of which of these sessions a notice went out: session id and revision."""
    return {(row.subject, row.revision) for some in in_parts(ids) for row in tx.run(_REMINDED, ids=some)}


def delivered(tx: Tx, start: datetime, end: datetime) -> list[datetime]:
    """When channels accepted notices of any kind in [start, end), one a notice and channel; in no particular order."""
    sent = reminders.c.sent_at
    mine = select(sent).where(reminders.c.therapist_id == THERAPIST, sent >= start, sent < end)
    return list(tx.run(mine).scalars())


def of_subject(tx: Tx, subject: str) -> list[Reminder]:
    """All reminders about one subject, by due time."""
    return _read(tx, _OF_SUBJECT, subject=subject)


def about_days(tx: Tx) -> list[Reminder]:
    """Pending digests."""
    return _read(tx, _ABOUT_DAYS)


def open_alerts(tx: Tx) -> list[Reminder]:
    """Alerts about calendars that are out or about to go out."""
    return _read(tx, _OPEN_ALERTS)


def nudges(tx: Tx) -> list[Reminder]:
    """What repair cards are still to say."""
    return _read(tx, _NUDGES)


def elsewhere(tx: Tx, channels: Collection[str]) -> list[Reminder]:
    """What is pending on none of these channels, and what was asked there."""
    return _read(tx, _ELSEWHERE, channels=list(channels))


def openings(tx: Tx) -> list[Reminder]:
    """The opening cues that are to come."""
    return _read(tx, _OPENINGS)


def open_questions(tx: Tx) -> list[Reminder]:
    """Questions about several sessions at once that are out or about to go out."""
    return _read(tx, _OPEN_QUESTIONS)


def open_sweeps(tx: Tx, now: datetime) -> list[Reminder]:
    """Evenings' sweeps, of whole days, that are out and of use still."""
    return _read(tx, _OPEN_SWEEPS, now=now)


def changed_after(tx: Tx, at: datetime, useful_after: datetime) -> list[str]:
    """Sessions with a rung, of their present start, that took its state later than `at` and is of use later still.

    So is one that was claimed later than that, and is on its way.
    """
    changed = or_(reminders.c.changed_at > at, and_(_IS_PENDING, reminders.c.claimed_at > at))
    rows = tx.connection.execute(
        select(reminders.c.session_id)
        .join(sessions, sessions.c.id == reminders.c.session_id)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.revision == sessions.c.revision,
            reminders.c.offset.is_not(None),
            changed,
            reminders.c.useful_until > useful_after,
        )
        .distinct()
    )
    return [row.session_id for row in rows]


def everything(tx: Tx, start: datetime | None = None, end: datetime | None = None) -> list[Reminder]:
    """All reminders due in [start, end), by due time."""
    query = _MINE
    if start is not None:
        query = query.where(reminders.c.due_at >= start)
    if end is not None:
        query = query.where(reminders.c.due_at < end)
    return _read(tx, query)


def to_recall(tx: Tx) -> list[Reminder]:
    """Reminders whose open notice is to be taken back."""
    return _read(tx, _TO_RECALL)


def shown(tx: Tx, subject: str, channel: str) -> str | None:
    """The channel's reference of the newest notice about `subject`, to be replaced by the next."""
    row = tx.run(_SHOWN, subject=subject, channel=channel).first()
    return row.reference if row else None


def shown_of(tx: Tx, subjects: Collection[str]) -> dict[tuple[str, str], str]:
    """As `shown`, for all notices about these subjects; by subject and channel."""
    if not subjects:
        return {}
    rows = tx.run(_SHOWN_OF, ids=list(subjects))
    return {(row.subject, row.channel): row.reference for row in rows}


def left_open(tx: Tx, now: datetime, asked_since: datetime) -> list[Reminder]:
    """The newest useful reminder of each subject and channel that may still be on a screen.

    What another took the place of is not, though that one was taken back since: a clock set back does so. A sweep is of
    use for ten minutes to whoever is not asked yet; where it stands, it asks as long as a question does, which is asked
    still if it was put after `asked_since`.
    """
    # What is not answered is asked still, after a weekend too: it would have been taken back.
    is_asked = or_(
        reminders.c.rung == QUESTION, and_(reminders.c.rung == SWEEP, reminders.c.session_id.is_not(None))
    )
    asks = and_(is_asked, reminders.c.sent_at > asked_since)
    # What a card says is of use for days to whoever was not there; where it stood, it has said it.
    said_once = or_(not_(of_kind(reminders.c.subject, NUDGE)), reminders.c.rung == LANDING)
    shown = _read(
        tx,
        _MINE.where(
            reminders.c.state == State.SENT.value,
            _HAS_REFERENCE,
            reminders.c.recall.is_(False),
            or_(reminders.c.useful_until > now, asks),
            or_(said_once, reminders.c.sent_at > now - _SAID_FOR),
        ),
    )
    about = reminders.c.subject.in_({one.subject for one in shown})
    out = _read(tx, _MINE.where(about, reminders.c.state.in_([state.value for state in OUT])))
    # Of a session that moved, the rung that was shown last may have been due before the one of the old time.
    out.sort(key=lambda one: (one.changed_at or one.due_at, one.id))
    newest = {(one.subject, one.channel): one.id for one in out}
    return [one for one in shown if newest[one.subject, one.channel] == one.id]


def get(tx: Tx, reminder_id: int) -> Reminder | None:
    """The reminder with this id."""
    found = _read(tx, _WITH_ID, id=reminder_id)
    return found[0] if found else None


def _read(tx: Tx, statement: Select[Any], **values: Any) -> list[Reminder]:
    rows = tx.run(statement, **values)
    return [reminder for row in rows if (reminder := _if_understood(row)) is not None]


def _if_understood(row: Row[Any]) -> Reminder | None:
    """A row that was torn must not cost the others."""
    try:
        return _reminder(row)
    except (ValueError, TypeError) as error:
        log.error("reminder.not_understood", reminder=row.id, problem=error)
        return None


def _reminder(row: Row[Any]) -> Reminder:
    return Reminder(
        id=row.id,
        subject=row.subject,
        session_id=row.session_id,
        revision=row.revision,
        rung=row.rung,
        offset=row.offset,
        channel=row.channel,
        urgency=Urgency(row.urgency),
        due_at=row.due_at,
        useful_until=row.useful_until,
        skip_in_session=row.skip_in_session,
        state=State(row.state),
        why=Why(row.why) if row.why else None,
        attempts=row.attempts,
        problem=row.problem,
        not_before=row.not_before,
        claimed_at=row.claimed_at,
        sent_at=row.sent_at,
        changed_at=row.changed_at,
        reference=row.reference,
    )
