"""Writes a year of `past_year` into a store, as the daemon would have left it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, insert, update

from kepthour.core.gaps import Pause
from kepthour.core.ladder import Urgency
from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.reminder import State
from kepthour.core.repair import STEPS, CardState, due
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.store import tables
from kepthour.store.engine import Store, Tx
from tests.support.past_year import Was

CLIENT = "ZQ"  # stands in no report
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def write(store: Store, found: Sequence[Was]) -> None:
    """All of it, in one transaction."""
    with store.write() as tx:
        _insert(tx, tables.sessions, [_session(one) for one in found])
        _insert(tx, tables.reminders, [row for one in found for row in _reminders(one)])
        _insert(tx, tables.responses, [row for one in found for row in _responses(one)])
        missed = [one for one in found if one.past.verdict is Verdict.MISSED]
        _insert(tx, tables.cards, [_card(one) for one in missed])
        _insert(tx, tables.card_steps, [row for one in missed for row in _steps(one)])
        _insert(tx, tables.watches, _watches(found))
        since = found[0].start - _DAY
        tx.connection.execute(update(tables.therapists).values(since=since))


def _insert(tx: Tx, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        tx.connection.execute(insert(table), [{"therapist_id": tx.therapist, **row} for row in rows])


def name(one: Was) -> str:
    """Its id."""
    return f"s{one.number:05}"


def _session(one: Was) -> dict[str, Any]:
    past = one.past
    return {
        "id": name(one),
        "calendar": past.calendar,
        "uid": name(one),
        "recurrence_id": one.start if past.is_series else None,
        "start": one.start,
        "end": one.end,
        "client": Phi(CLIENT),
        "place": NOTHING,
        "join_url": NOTHING,
        "revision": 1,
        "hidden": False,
        "deadline": one.start + 15 * _MINUTE,
        "late_after": 2 * _MINUTE,
        "verdict": past.verdict.value if past.verdict else None,
        "because": past.because.value if past.because else None,
        "decided_by": "daemon",
        "decided_at": one.end,
        "moved_at": one.start - 3 * _DAY if past.moved else None,
        "restored_at": one.start - 2 * _DAY if past.restored else None,
        "oddities": [],
    }


def _reminders(one: Was) -> Iterator[dict[str, Any]]:
    for rung in one.past.ladder:
        near = rung.offset < -_MINUTE
        yield {
            "subject": name(one),
            "session_id": name(one),
            "revision": 1,
            "rung": rung.rung,
            "offset": rung.offset,
            "channel": "desktop",
            "urgency": (Urgency.HIGH if near else Urgency.CRITICAL).value,
            "due_at": rung.at,
            "useful_until": one.start + 15 * _MINUTE,
            "skip_in_session": False,
            "state": State.SENT.value,
            "attempts": 1,
            "not_before": rung.at,
            "sent_at": rung.at,
            "recall": False,
        }


def _responses(one: Was) -> Iterator[dict[str, Any]]:
    sign, arrived = one.past.first_sign, one.past.arrived
    answers = [(Kind.ACK, sign)] if sign != arrived else []
    for kind, at in [*answers, (Kind.HERE, arrived)]:
        if at is not None:
            yield {"session_id": name(one), "revision": 1, "kind": kind.value, "at": at, "surface": "desktop"}


def _card(one: Was) -> dict[str, Any]:
    opened = one.start + 15 * _MINUTE
    return {
        "id": one.number + 1,
        "session_id": name(one),
        "severity": 2,
        "opened_at": opened,
        "state": CardState.CLOSED.value,
        "confirmed_at": opened + 5 * _MINUTE,
    }


def _steps(one: Was) -> Iterator[dict[str, Any]]:
    opened = one.start + 15 * _MINUTE
    for step in STEPS:
        done = opened + (one.number % 7 + 6) * _MINUTE
        yield {"card_id": one.number + 1, "n": step.n, "due_at": due(step, opened), "done_at": done}


def _watches(found: Sequence[Was]) -> list[dict[str, Any]]:
    """One after another, each broken off around a session that nobody watched: the computer slept."""
    since, rows = found[0].start - _DAY, []
    for one in [one for one in found if one.past.unwatched]:
        rows.append({"since": since, "until": one.start - 10 * _MINUTE})
        since = one.start + 10 * _MINUTE
    rows.append({"since": since, "until": found[-1].end + _DAY})
    why = Pause.ASLEEP.value
    return [
        {**row, "pid": 1, "version": "0", "pause": why if number else None} for number, row in enumerate(rows)
    ]
