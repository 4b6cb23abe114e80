"""Which titles are plainly nobody's session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from kepthour.core.suggest.vocabulary import ALSO_NAMES, FILLERS, MIDDAY, OTHER

_WORD = re.compile(r"[^\W\d_]+")
_INITIALS = re.compile(r"\b[^\W\d_]\. ?[^\W\d_]\b|\b[A-ZÄÖÜ]{2,3}\b")
_NOON = (time(11), time(14, 30))
_CLIENT_LENGTH = (timedelta(minutes=25), timedelta(minutes=120))
_WEEKLY = 3  # weeks of four


@dataclass(frozen=True, slots=True)
class Seen:
    """When an event of some title was: its start by the therapist's clock, and its length."""

    start: datetime
    length: timedelta


def is_plainly_other(title: str, times: Sequence[Seen]) -> bool:
    """Whether no event of this title, seen at these times, can be a session. In doubt it can."""
    words = [word.casefold() for word in _WORD.findall(title)]
    if not title.isprintable() or _has_initials(title):
        return False
    if not all(word in OTHER or word in FILLERS for word in words):
        return False
    told = {word for word in words if word in OTHER}
    if not told:
        return False
    return not told & ALSO_NAMES or _is_midday(told, times) or not _is_like_a_client_s(times)


def _has_initials(title: str) -> bool:
    """Whether there are initials in it: "AM" may be a client, though "am" is a word."""
    abbreviations = {word.upper() for word in OTHER}
    return any(found not in abbreviations for found in _INITIALS.findall(title))


def _is_midday(told: set[str], times: Sequence[Seen]) -> bool:
    return told <= MIDDAY and all(_NOON[0] <= one.start.time() <= _NOON[1] for one in times)


def _is_like_a_client_s(times: Sequence[Seen]) -> bool:
    """At the same hour of the week, week after week, for as long as sessions are."""
    weeks: dict[tuple[int, time], set[tuple[int, int]]] = {}
    shortest, longest = _CLIENT_LENGTH
    for one in times:
        if shortest <= one.length <= longest:
            at = (one.start.weekday(), one.start.time())
            weeks.setdefault(at, set()).add(one.start.isocalendar()[:2])
    return any(len(found) >= _WEEKLY for found in weeks.values())
