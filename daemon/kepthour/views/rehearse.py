"""Which reminders would go out if nobody answered: the same planner, nothing sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kepthour.config import Configuration
from kepthour.core.changes import KnownSession
from kepthour.core.day import by_day, digests, notable
from kepthour.core.ladder import Step, Urgency, climb
from kepthour.core.words import digest_text, question_text, rung_text
from kepthour.store.engine import Store
from kepthour.views.agenda import agenda

_FRINGE = timedelta(days=2)  # digests and early rungs belong to sessions that lie outside the span


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One reminder that would go out. `at` is aware UTC."""

    at: datetime
    session: str | None
    rung: str
    urgency: Urgency
    channels: tuple[str, ...]
    text: str


def rehearse(
    config: Configuration, store: Store, start: datetime, end: datetime, now: datetime
) -> list[Rehearsed]:
    """Reminders due in [start, end), in order, from the stored calendar and this configuration."""
    held = [
        entry.session
        for entry in agenda(config, store, start - _FRINGE, end + _FRINGE, now)
        if not entry.session.cancelled
    ]
    days = by_day(held, config.zone)
    found = [*_digests(config, days)]
    for day in days.values():
        for session in day:
            found += _ladder(config, session, day)
    return sorted(
        (one for one in found if start <= one.at < end), key=lambda one: (one.at, one.session or "")
    )


def _ladder(config: Configuration, session: KnownSession, day: Sequence[KnownSession]) -> Iterator[Rehearsed]:
    rungs: defaultdict[str, list[Step]] = defaultdict(list)
    for step in climb(config.ladder, session.start, session.end, notable=notable(session, day)):
        rungs[step.rung].append(step)
    for rung, steps in rungs.items():
        first = steps[0]
        words = rung_text(session, first.offset, first.due_at, config.zone, config.show)
        channels = tuple(step.channel for step in steps)
        yield Rehearsed(first.due_at, session.id, rung, first.urgency, channels, words.whole)
    deadline = config.ladder.deadline(session.start, session.end)
    question = question_text([session], config.zone, config.show)
    yield Rehearsed(deadline, session.id, "question", Urgency.NORMAL, config.near_channels, question.whole)


def _digests(config: Configuration, days: dict[date, list[KnownSession]]) -> Iterator[Rehearsed]:
    for one in digests(days, config.zone, config.digests):
        words = digest_text(one.rung, one.sessions, config.zone, {})
        yield Rehearsed(one.due_at, None, one.rung, Urgency.PASSIVE, config.near_channels, words.whole)
