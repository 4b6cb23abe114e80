"""Which sessions were nearly missed: worked out anew from what is stored, as far as it is there still."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kepthour.config import Configuration
from kepthour.core.near_miss import NearMiss, Seen, near_miss, reminded_late
from kepthour.core.presence import EARLIEST_SIGN, proven_since
from kepthour.core.reminder import Reminder
from kepthour.core.response import Response
from kepthour.core.verdict import HELD, deadline_after
from kepthour.ports import GivesEvidence
from kepthour.store import evidence, presence
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


def evidence_since(config: Configuration, now: datetime) -> datetime | None:
    """Since when (aware UTC) all evidence is there still; None: none is gathered, so none is gone."""
    options = (calendar.options for calendar in config.calendars)
    gathers = config.evidence or any(isinstance(one, GivesEvidence) and one.evidence for one in options)
    return now - config.keep_evidence if gathers else None


def near_miss_of(
    tx: Tx,
    row: SessionRow,
    answers: Sequence[Response],
    ladder: Sequence[Reminder],
    kept_since: datetime | None,
) -> NearMiss | None:
    """Whether it was one. `answers` and `ladder` are those of its present start, `kept_since` is `evidence_since`."""
    if row.verdict not in HELD:
        return None
    start = row.known.start
    # Most are answered before it comes to that: nothing need be read of them.
    seen = seen_in(tx, row, answers, kept_since) if reminded_late(ladder, start) else Seen()
    return near_miss(row.verdict, row.because, start, row.late_after, answers, ladder, seen)


def seen_in(tx: Tx, row: SessionRow, answers: Sequence[Response], kept_since: datetime | None) -> Seen:
    """What sources of evidence saw of the therapist in it; the arguments are those of `near_miss_of`."""
    start, end = row.known.start, row.known.end
    if kept_since is not None and start - EARLIEST_SIGN < kept_since:
        return Seen(is_gone=True)
    stays = evidence.about(tx, row).stays
    call = presence.call(tx, row, deadline_after(row.deadline, start, answers))
    return Seen(proven_since(stays, start, end), call)
