"""What came is compared with what was stored: an edit while a session was on is evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kepthour.core.edits import LOOKED_BACK, Edit, edits, rewritten, series
from kepthour.core.reading.digest import Held, expanded
from kepthour.pipeline.poll.source import Source
from kepthour.store import holdings
from kepthour.store.calendars import CalendarRow
from kepthour.store.engine import Store
from kepthour.store.etags import Etags


def edited(
    source: Source,
    store: Store,
    calendar: CalendarRow,
    came: Sequence[Held],
    changed: Sequence[Held],
    known: Etags,
    now: datetime,
) -> list[Edit]:
    """What is written anew since the poll before. Read in another way than that one, nothing can be compared."""
    last = calendar.as_of
    if (
        not source.marks
        or not came
        or calendar.fingerprint != source.fingerprint
        or last is None
        or last > now
    ):
        return []
    with store.read() as tx:
        before = holdings.with_hrefs(tx, calendar, [one.href for one in changed])
    anew = rewritten(before, came, len(known))
    were = expanded(
        (one for one in before if series(one) in anew.series), source.zone, now - LOOKED_BACK, now
    )
    are = (one for one in changed if series(one) in anew.series)
    return edits(were, are, last, now, dated=anew.dated)
