"""Whether each regular expression of the configuration ends in time on the events of these days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kepthour.checks.configuration import NAME
from kepthour.checks.record import Check, problem
from kepthour.config import Configuration
from kepthour.core.patterns import Pattern, Undecided, find
from kepthour.core.privacy import Phi
from kepthour.core.reading.occurrences import Occurrence

_WHAT = (
    "This regular expression takes too long on an event of these days, and is given up. In doubt an event counts "
    "as a session, and has the usual reminders."
)
_REMEDY = (
    "Write it simpler: nothing that repeats within something that repeats, as in (a+)+; and few parts that may be "
    'missing. Then look at what is taken for a session: kepthour explain ""'
)


def examine(config: Configuration, occurrences: Sequence[Occurrence]) -> list[Check]:
    """A problem for each that does not end in time; the last two searches of one take a fifth of a second."""
    titles = [one.title for one in occurrences]
    places = [one.place for one in occurrences]
    return [
        problem(NAME, key, _WHAT, _REMEDY, critical=False)
        for key, pattern in _patterns(config)
        if pattern is not None and _gives_up(pattern, titles if key.endswith("title") else places)
    ]


def _patterns(config: Configuration) -> Iterator[tuple[str, Pattern | None]]:
    for index, rule in enumerate(config.rules):
        yield f"sessions.rules[{index}].title", rule.title
        yield f"sessions.rules[{index}].place", rule.place
    for index, special in enumerate(config.ladder.specials):
        yield f"reminders.rules[{index}].place", special.place
    yield "verdict.in_person", config.in_person


def _gives_up(pattern: Pattern, texts: Iterable[Phi]) -> bool:
    try:
        for text in texts:
            find(pattern, text)
    except Undecided:
        return True
    return False
