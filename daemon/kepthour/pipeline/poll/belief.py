"""Whether an answer is believed: one that would empty a calendar has to come twice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from kepthour.core.guard import agrees, enough, loses_too_much
from kepthour.core.reading.digest import Held
from kepthour.logger import log
from kepthour.pipeline.poll.source import Source
from kepthour.store import calendars, instances
from kepthour.store.calendars import CalendarRow
from kepthour.store.engine import Tx
from kepthour.store.etags import Overtaken

VANISHED = "Its answer lacks all, or more than half, of the coming events, so it was not believed."
REMEDY = "If they were deleted on purpose, the next sync confirms it; else look at the calendar itself."


@dataclass(frozen=True, slots=True)
class _Loss:
    """How many events are to come as stored, and how many would be once a batch is."""

    before: int
    after: int


def disbelieved(
    tx: Tx,
    source: Source,
    calendar: CalendarRow,
    changed: Collection[Held],
    removed: Collection[str],
    now: datetime,
) -> bool:
    """Whether this batch is not believed; that is noted then, for the next answer and for `status`.

    Raises Overtaken if another poll stored something since `calendar` was read: the loss says nothing any more.
    """
    loss = _suspicious(tx, source, calendar, changed, removed, now)
    if loss is None:
        return False
    if not calendars.record_suspicion(tx, calendar, loss.after, VANISHED, REMEDY, now):
        raise Overtaken
    log.warning("poll.not_believed", calendar=source.name, before=loss.before, after=loss.after)
    return True


def _suspicious(
    tx: Tx,
    source: Source,
    calendar: CalendarRow,
    changed: Collection[Held],
    removed: Collection[str],
    now: datetime,
) -> _Loss | None:
    """The loss that this batch would bring, if it is too much to be believed at once."""
    touched = {*removed, *(resource.href for resource in changed)}
    if not touched or calendar.fingerprint != source.fingerprint:
        return None
    fresh = sum(1 for r in changed for one in r.occurrences if one.start > now and not one.cancelled)
    lost = instances.coming_of(tx, calendar, now, touched) - fresh
    if lost <= 0:
        return None
    before = instances.coming(tx, calendar, now, at_most=enough(lost))
    after = before - lost
    if not loses_too_much(before, after) or agrees(calendar.suspected, after):
        return None
    return _Loss(before, after)
