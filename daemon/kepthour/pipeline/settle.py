"""Takes what the therapist says became of a session, or will, in words or by a reply; and takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.core.corrections import free_until, is_said, want_reason, word_of_theirs
from kepthour.core.errors import NotFound
from kepthour.core.objections import object_to_verdict
from kepthour.core.privacy import Phi
from kepthour.core.reminder import Why
from kepthour.core.replies import SAYS, object_to_reply
from kepthour.core.response import silence
from kepthour.core.trail import Noted, What, Who
from kepthour.core.verdict import Because, Verdict, deadline_after
from kepthour.logger import log
from kepthour.ports import Answer
from kepthour.store import course, outbox, questions, reminders, renewal, responses, sessions, trail
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow


@dataclass(frozen=True, slots=True)
class Settled:
    """What it corrects (None: nothing was said or concluded before), and whether the session is planned anew."""

    session: str  # the id that it lives on under
    corrects: Verdict | None
    anew: bool
    early: bool  # the session has not begun


def settle(
    store: Store, session_id: str, verdict: Verdict, now: datetime, reason: Phi | None, zone: ZoneInfo
) -> Settled:
    """The program never overrules it; each correction is kept. From the day after the next in `zone` it has a reason.

    Up to the deadline `unknown` takes back all that was said of the session, check-ins too; past the first deadline
    all but the "running late" that moved it.
    Raises NotFound, NeedsPerson (a miss before the start), ReasonWanted.
    """
    with store.write() as tx:
        row = _existing(tx, session_id)
        object_to_verdict(verdict, row.known, now)
        if not _is_repeated(row, verdict, reason):
            _check_reason(row, verdict, now, reason, zone)
            course.decide(tx, row.id, verdict, Because.SAID, "therapist", now, reason)
        deadline = deadline_after(row.deadline, row.known.start, responses.to(tx, row))
        anew = verdict is Verdict.UNKNOWN and now < deadline
        if anew and now < row.deadline:
            renewal.begin_anew(tx, row, Why.TAKEN_BACK, now)
        elif anew:
            renewal.go_on(tx, row, now)
        else:
            _close(tx, row, now)
        _go_on(tx, now)
    log.info("session.settled", session=session_id, verdict=verdict.value)
    return Settled(row.id, row.verdict, anew, early=now < row.known.start)


def reply(store: Store, answer: Answer, at: datetime) -> Settled:
    """Take an answer, given `at` (aware UTC), to the notice that asks what became of a session.

    Twice it changes nothing. Raises NotFound, NeedsPerson.
    """
    verdict = SAYS[answer.key]
    with store.write() as tx:
        row = _existing(tx, answer.subject)
        shown = reminders.get(tx, int(answer.delivery)) if answer.delivery.isdecimal() else None
        said = word_of_theirs(row.verdict, row.because)
        object_to_reply(verdict, row.known, shown, said)
        if said is None:
            course.decide(tx, row.id, verdict, Because.SAID, "therapist", at)
            replied = Noted(What.REPLIED, Who.THERAPIST, at, why=verdict.value, about=answer.surface)
            trail.note(tx, row.id, replied)
        _close(tx, row, at)
        _go_on(tx, at)
    log.info("session.settled", session=row.id, verdict=verdict.value, surface=answer.surface)
    return Settled(row.id, row.verdict, anew=False, early=False)


def _existing(tx: Tx, session_id: str) -> SessionRow:
    row = sessions.living(tx, session_id)
    if row is None or row.hidden:
        raise NotFound(f'There is no session "{session_id}".', "See the ids with: kepthour agenda --json.")
    return row


def _go_on(tx: Tx, now: datetime) -> None:
    """What was held back is weighed again: with a client who did not come, say, the therapist is free."""
    outbox.end_holds(tx)
    questions.close_idle(tx, now)


def _is_repeated(row: SessionRow, verdict: Verdict, reason: Phi | None) -> bool:
    """The same once more is no correction, and makes none of an old one free again."""
    return row.verdict is verdict and row.because is Because.SAID and not reason


def _check_reason(
    row: SessionRow, verdict: Verdict, now: datetime, reason: Phi | None, zone: ZoneInfo
) -> None:
    """Raises ReasonWanted for a late correction without one. A first word never needs one, however late."""
    if reason or row.verdict is None or row.decided_at is None or not is_said(row.verdict, row.because):
        return
    if now >= free_until(row.known.end, row.decided_at, zone):
        raise want_reason(row.id, row.verdict, verdict)


def _close(tx: Tx, row: SessionRow, now: datetime) -> None:
    ladder = reminders.of_session(tx, row.id, row.known.revision)
    outbox.withdraw(tx, silence(ladder, Why.SETTLED), now)
