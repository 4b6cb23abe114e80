"""What `kepthour report` says: read from the store, decided in core/report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kepthour.config import Configuration
from kepthour.core.report.findings import Findings, Material, findings
from kepthour.store import cards, reminders
from kepthour.store.engine import Store, Tx
from kepthour.views.report.missed import missed
from kepthour.views.report.sessions import begun
from kepthour.views.report.watching import unwatched


def report(config: Configuration, store: Store, start: datetime, end: datetime, now: datetime) -> Findings:
    """What can be said of the sessions that overlap [start, end) and have begun by `now` (aware UTC)."""
    return findings(material(config, store, start, end, now))


def material(config: Configuration, store: Store, start: datetime, end: datetime, now: datetime) -> Material:
    """What it is made of."""
    last = min(end, now)
    with store.read() as tx:
        repaired = missed(tx, cards.everything(tx), now)
        found = begun(tx, config, start, last, now, repaired)
        return Material(
            start,
            end,
            [one.past for one in found],
            [one.missed for one in repaired if start <= one.missed.start < last],
            _notices(tx, {one.past.day for one in found}, start, last, config.zone),
            unwatched([one.missing for one in found]),
        )


def _notices(tx: Tx, days: Collection[date], start: datetime, end: datetime, zone: ZoneInfo) -> list[int]:
    """How many came on each of `days`, as far as it lies in [start, end)."""
    count = Counter(at.astimezone(zone).date() for at in reminders.delivered(tx, start, end))
    return [count[day] for day in sorted(days)]
