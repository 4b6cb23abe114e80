"""From the events of some weeks to a first rule of what is a session. Pure.

A forgotten session is the worst outcome, so nothing is left out but titles that are made of nothing but words such as
"lunch", each by its whole title, as it was seen. Whatever is new or in doubt is a session: a reminder too many.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.sessions import LONGEST, SHORTEST, Judgement, Rule, Take, judge
from kepthour.core.suggest.clients import client_patterns, literal
from kepthour.core.suggest.others import Seen, is_plainly_other

ANY_LENGTH = (timedelta(), timedelta(days=30))
_TITLES_A_RULE = 8


@dataclass(frozen=True, slots=True)
class Judged:
    """One event, and what the suggestion makes of it."""

    occurrence: Occurrence
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to write, and what it makes of each event that it was made from, by start."""

    take: Take
    rules: tuple[Rule, ...]
    judged: tuple[Judged, ...]

    @property
    def taken(self) -> tuple[Judged, ...]:
        """The events that it takes for sessions."""
        return tuple(one for one in self.judged if one.judgement.is_session)

    @property
    def left(self) -> tuple[Judged, ...]:
        """The others."""
        return tuple(one for one in self.judged if not one.judgement.is_session)


def suggest(occurrences: Sequence[Occurrence], calendar: str, zone: ZoneInfo) -> Suggestion:
    """Which of these events of `calendar` are sessions, and where in their titles the client stands.

    `occurrences` are those of a few weeks; `zone` is the therapist's.
    """
    could_be = [one for one in occurrences if judge(one, calendar, Take.ALL, ()).is_session]
    seen = _by_title(could_be, zone)
    others = sorted(title for title, times in seen.items() if is_plainly_other(title, times))
    kept = [one for one in could_be if one.title.reveal() not in others]
    clients = tuple(
        _client_rule(pattern, kept, calendar)
        for pattern in client_patterns([one.title.reveal() for one in kept])
    )
    if not others or not kept:
        return _judged(occurrences, calendar, Take.ALL, clients)
    rest = Rule(True, calendar, duration=ANY_LENGTH)
    return _judged(occurrences, calendar, Take.RULES, (*_other_rules(others, calendar), *clients, rest))


def take_all(suggestion: Suggestion, calendar: str) -> Suggestion:
    """Every event is a session that could be one; the client is found as before."""
    clients = tuple(rule for rule in suggestion.rules if rule.is_session and rule.title is not None)
    return _judged([one.occurrence for one in suggestion.judged], calendar, Take.ALL, clients)


def _judged(
    occurrences: Sequence[Occurrence], calendar: str, take: Take, rules: tuple[Rule, ...]
) -> Suggestion:
    ordered = sorted(occurrences, key=lambda one: one.start)
    return Suggestion(take, rules, tuple(Judged(one, judge(one, calendar, take, rules)) for one in ordered))


def _by_title(occurrences: Sequence[Occurrence], zone: ZoneInfo) -> Mapping[str, list[Seen]]:
    found: dict[str, list[Seen]] = defaultdict(list)
    for one in occurrences:
        assert one.end is not None, "an event without an end is never a session"
        found[one.title.reveal()].append(Seen(one.start.astimezone(zone), one.end - one.start))
    return found


def _other_rules(titles: Sequence[str], calendar: str) -> list[Rule]:
    """By whole titles, some in each rule."""
    parts = [titles[at : at + _TITLES_A_RULE] for at in range(0, len(titles), _TITLES_A_RULE)]
    return [
        Rule(False, calendar, title=re.compile(f"^(?:{'|'.join(map(literal, part))})$")) for part in parts
    ]


def _client_rule(pattern: str, kept: Sequence[Occurrence], calendar: str) -> Rule:
    """Of the usual lengths if all that were seen are; an odd one is a session all the same, but has no client then."""
    rule = Rule(True, calendar, title=re.compile(pattern))
    assert rule.title is not None
    matched = [one for one in kept if rule.title.search(one.title.reveal())]
    usual = all(one.end is not None and SHORTEST <= one.end - one.start <= LONGEST for one in matched)
    return rule if usual else replace(rule, duration=ANY_LENGTH)
