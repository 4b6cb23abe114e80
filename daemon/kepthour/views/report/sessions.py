"""The sessions that have begun, each with what is known of it, and without whose it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.config import Configuration
from kepthour.core.gaps import Pause
from kepthour.core.near_miss import Seen, first_sign, near_miss
from kepthour.core.presence import EARLIEST_SIGN
from kepthour.core.reminder import Reminder
from kepthour.core.report.past import Delivered, Past, Stand, stands
from kepthour.core.response import Response
from kepthour.core.verdict import (
    FORESEEABLE,
    HELD,
    Because,
    Verdict,
    checked_in_at,
    deadline_after,
    joined_at,
)
from kepthour.store import reminders, responses, sessions, watches
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow
from kepthour.views.near_misses import evidence_since, seen_in
from kepthour.views.report.missed import Repaired
from kepthour.views.report.watching import Watching

_AT_ONCE = 500  # sessions of one statement
_DAY = timedelta(days=1)
_ALONE = Stand(None, 1)


@dataclass(frozen=True, slots=True)
class Begun:
    """One of them, and for how long nobody watched around its start, by why."""

    past: Past
    missing: Mapping[Pause | None, timedelta]


def begun(
    tx: Tx, config: Configuration, start: datetime, end: datetime, now: datetime, repaired: Sequence[Repaired]
) -> list[Begun]:
    """Those that overlap [start, end), which is over, and those `repaired` ones that stand elsewhere since."""
    rows = [row for row in sessions.between(tx, start - _DAY, end) if _took_place(row)]
    there = {(row.id, row.known.start) for row in rows}
    gone = [one for one in repaired if (one.row.id, one.missed.start) not in there]
    spans = [(row.known.start, row.known.end) for row in rows if row.verdict not in FORESEEABLE]
    stand = stands([*spans, *((one.missed.start, one.end) for one in gone)], config.zone)
    asked = [row for row in rows if row.known.end > start]
    found = list(_known(tx, config, asked, stand, now))
    moved_away = [one for one in gone if one.missed.start < end and one.end > start]
    found += [Begun(_at_its_old_start(one, stand, config), {}) for one in moved_away]
    return sorted(found, key=lambda one: one.past.start)


def _took_place(row: SessionRow) -> bool:
    """Nobody said before it was over that it would not; what goes from a calendar afterwards stays as it was."""
    return not row.hidden and row.cancelled_at is None


def _known(
    tx: Tx, config: Configuration, rows: Sequence[SessionRow], stand: Mapping[datetime, Stand], now: datetime
) -> Iterator[Begun]:
    if not rows:
        return
    since = max(watches.first_ever(tx) or now, rows[0].known.start - _DAY)
    watching = Watching(tx, since, now)
    kept_since = evidence_since(config, now)
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        ids = [row.id for row in some]
        ladders, answers = reminders.of_sessions(tx, ids), responses.of_sessions(tx, ids)
        for row in some:
            key = row.id, row.known.revision
            given, ladder = answers.get(key, []), ladders.get(key, [])
            seen = seen_in(tx, row, given, kept_since)
            missing = watching.missing(_watched_over(row, given))
            place = stand.get(row.known.start, _ALONE)
            yield Begun(_past(row, place, given, ladder, seen, bool(missing), config), missing)


def _watched_over(row: SessionRow, answers: Sequence[Response]) -> tuple[datetime, datetime]:
    start = row.known.start
    return start - EARLIEST_SIGN, deadline_after(row.deadline, start, answers)


def _past(
    row: SessionRow,
    stand: Stand,
    answers: Sequence[Response],
    ladder: Sequence[Reminder],
    seen: Seen,
    unwatched: bool,
    config: Configuration,
) -> Past:
    sign = first_sign(answers, seen)
    return Past(
        start=row.known.start.astimezone(config.zone),
        calendar=row.known.calendar,
        gap=stand.gap,
        in_a_row=stand.in_a_row,
        is_series=row.known.recurrence_id is not None,
        moved=row.moved_at is not None,
        restored=row.restored_at is not None,
        verdict=row.verdict,
        because=row.because,
        near=_near(row, answers, ladder, seen),
        ladder=_delivered(ladder),
        first_sign=sign,
        arrived=_arrived(row, answers, seen) if sign is not None else None,
        unwatched=unwatched,
    )


def _near(
    row: SessionRow, answers: Sequence[Response], ladder: Sequence[Reminder], seen: Seen
) -> bool | None:
    """Whether it was a near miss; None: it looks like one, and what might tell otherwise was deleted."""

    def judged(by: Seen) -> bool:
        start, late_after = row.known.start, row.late_after
        return near_miss(row.verdict, row.because, start, late_after, answers, ladder, by) is not None

    found = judged(seen)
    return None if not found and seen.is_gone and judged(Seen()) else found


def _delivered(ladder: Sequence[Reminder]) -> tuple[Delivered, ...]:
    """The rungs that went out, by the time of the first channel that took each."""
    sent: dict[str, list[Reminder]] = {}
    for one in ladder:
        if one.offset is not None and one.sent_at is not None:
            sent.setdefault(one.rung, []).append(one)
    found = [
        Delivered(
            rung, some[0].offset or timedelta(), min(one.sent_at for one in some if one.sent_at), len(some)
        )
        for rung, some in sent.items()
    ]
    return tuple(sorted(found, key=lambda one: one.at))


def _arrived(row: SessionRow, answers: Sequence[Response], seen: Seen) -> datetime | None:
    """When it was first proven that the therapist is there; by Join or by a call only if the verdict rests on that."""
    if row.verdict not in HELD | {Verdict.CLIENT_NO_SHOW}:
        return None
    proofs = [checked_in_at(answers), seen.in_room_since]
    if row.because is Because.JOINED:
        deadline = deadline_after(row.deadline, row.known.start, answers)
        proofs.append(joined_at(answers, row.known.start, deadline))
    if row.because is Because.IN_A_CALL and seen.call is not None:
        proofs.append(seen.call.since)
    return min((at for at in proofs if at is not None), default=None)


def _at_its_old_start(one: Repaired, stand: Mapping[datetime, Stand], config: Configuration) -> Past:
    """What stands elsewhere now was missed where it stood."""
    place = stand.get(one.missed.start, _ALONE)
    return Past(
        one.missed.start.astimezone(config.zone),
        one.row.known.calendar,
        place.gap,
        place.in_a_row,
        is_series=one.row.known.recurrence_id is not None,
        verdict=Verdict.MISSED,
        because=Because.SAID,
    )
