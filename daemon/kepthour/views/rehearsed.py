"""One reminder that would go out, and those of the ladders that nobody has answered yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kepthour.config import Configuration
from kepthour.core.changes import KnownSession
from kepthour.core.ladder import Ladder, Step, Urgency, climb
from kepthour.core.quiet import Attended
from kepthour.core.words.rungs import rung_words, session_name

_ANY_START = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One reminder that would go out. `at` is aware UTC."""

    at: datetime
    session: str | None
    rung: str
    urgency: Urgency
    channels: tuple[str, ...]
    text: str
    offset: timedelta | None = None  # from the start; None for notices that are no rungs
    skip_in_session: bool = False
    waits_in: tuple[Attended, ...] = ()  # it is held back while the therapist is in one of these

    @property
    def due_at(self) -> datetime:
        """The same as `at`."""
        return self.at


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the rungs of a session, and their words, follow from, besides its start and what it is called."""

    rule: int | None  # of the configuration's rules about rungs
    length: timedelta
    has_link: bool
    notable: bool


def ladders(config: Configuration, sessions: Iterable[tuple[KnownSession, bool]]) -> Iterator[Rehearsed]:
    """The rungs of sessions that nobody has answered, each with whether it is notable.

    Those of one kind climb the same ladder, with the same words: it is climbed and worded once.
    """
    kinds: defaultdict[_Kind, list[KnownSession]] = defaultdict(list)
    for session, notable in sessions:
        rule = config.ladder.rule(session, config.zone)
        length = session.end - session.start
        kinds[_Kind(rule, length, bool(session.join_url), notable)].append(session)
    for kind, those in kinds.items():
        yield from _of_kind(config, kind, those)


def _of_kind(config: Configuration, kind: _Kind, sessions: Iterable[KnownSession]) -> Iterator[Rehearsed]:
    tongue, zone, show = config.showing.tongue, config.zone, config.show
    rungs = [
        (rung, channels, rung_words(tongue, rung.offset, kind.length, has_link=kind.has_link))
        for rung, channels in _rungs(config.ladder.numbered(kind.rule), kind)
    ]
    for session in sessions:
        name = session_name(tongue, session, session.start, zone, show)
        for rung, channels, words in rungs:
            yield Rehearsed(
                session.start + rung.offset,
                session.id,
                rung.rung,
                rung.urgency,
                channels,
                words.about(name).whole,
                rung.offset,
                rung.skip_in_session,
            )


def _rungs(ladder: Ladder, kind: _Kind) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """Each rung once, wherever it begins, with its channels."""
    found: defaultdict[str, list[Step]] = defaultdict(list)
    for step in climb(ladder, _ANY_START, _ANY_START + kind.length, notable=kind.notable):
        found[step.rung].append(step)
    for steps in found.values():
        yield steps[0], tuple(step.channel for step in steps)
