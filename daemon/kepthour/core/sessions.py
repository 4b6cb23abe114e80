"""Which occurrences are sessions, and with whom: first matching rule wins."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from kepthour.core.patterns import Pattern, Undecided, find, stands_in
from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.reading.occurrences import Occurrence

SHORTEST, LONGEST = timedelta(minutes=25), timedelta(minutes=120)
# Outlook exports a cancelled meeting as confirmed, with such a prefix.
_CANCELLED_TITLE = re.compile(r"^\s*(?:canceled|cancelled|abgesagt|storniert):", re.IGNORECASE)
_REMOTE = re.compile(r"\b(?:tele(?:health|med|therap|psych)\w*|video\w*|online)\b", re.IGNORECASE)
_NEVER_KINDS = {"focusTime", "outOfOffice", "workingLocation", "birthday"}
_NOTHING_TO_DO = {"workingLocation", "birthday"}


class Take(StrEnum):
    """How a calendar's events are judged."""

    ALL = "all"
    NONE = "none"
    RULES = "rules"


class Why(StrEnum):
    """The reason an occurrence is a session or is not."""

    ALL = "every event of this calendar is a session"
    RULE = "it matches a rule"
    ALL_DAY = "it lasts all day"
    NO_END = "it has no end"
    CANCELLED = "it is cancelled"
    CANCELLED_TITLE = "its title says that it is cancelled"
    DECLINED = "you declined it"
    FREE = "it is marked as free time"
    KIND = "it is an entry such as focus time or out of office"
    CALENDAR_NONE = "this calendar is set to hold no sessions"
    OTHER_RULE = 'it matches a rule that says "other"'
    NO_RULE = "no rule matches it"


# the calendar says that it will not take place
GONE = frozenset({Why.CANCELLED, Why.CANCELLED_TITLE, Why.DECLINED})


@dataclass(frozen=True, slots=True)
class Rule:
    """One `[[sessions.rules]]` entry; a condition that is None holds for everything."""

    is_session: bool
    calendar: str | None = None
    title: Pattern | None = None
    category: str | None = None
    colour: str | None = None
    place: Pattern | None = None
    link_host: str | None = None
    attendees: tuple[int, int] | None = None
    duration: tuple[timedelta, timedelta] | None = None  # None: 25 to 120 min for sessions, any for others


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an occurrence is a session, why, by which rule (1 is the first), and with whom."""

    is_session: bool
    why: Why
    rule: int | None = None
    client: Phi = NOTHING
    missed: tuple[str, ...] = ()  # per rule, in order: the first condition that did not hold


@dataclass(frozen=True, slots=True)
class Session:
    """An occurrence that is a session. Instants are aware UTC."""

    id: str
    calendar: str
    uid: str
    recurrence_id: datetime | None
    start: datetime
    end: datetime
    client: Phi
    place: Phi
    join_url: Phi

    @property
    def original_start(self) -> datetime:
        """The instant the series meant it for; a single event's own start."""
        return self.recurrence_id or self.start


def session_id(calendar: str, uid: str, recurrence_id: datetime | None) -> str:
    """The same for the same instance, however often it moves; tells nothing about the client."""
    instance = recurrence_id.isoformat() if recurrence_id else ""
    return hashlib.sha256("\0".join((calendar, uid, instance)).encode()).hexdigest()[:10]


def judge(occurrence: Occurrence, calendar: str, take: Take, rules: Sequence[Rule]) -> Judgement:
    """Whether `occurrence` of `calendar` is a session. Never raises."""
    if (never := _never(occurrence)) is not None:
        return Judgement(False, never)
    if take is Take.NONE:
        return Judgement(False, Why.CALENDAR_NONE)
    missed: list[str] = []
    for number, rule in enumerate(rules, start=1):
        fault = _first_fault(rule, occurrence, calendar)
        if fault is None and (rule.is_session or take is Take.RULES):
            why = Why.RULE if rule.is_session else Why.OTHER_RULE
            return Judgement(rule.is_session, why, number, _client(rule, occurrence), tuple(missed))
        missed.append(f"rule {number}: {fault or 'it says other'}")
    if take is Take.ALL:
        return Judgement(True, Why.ALL)
    return Judgement(False, Why.NO_RULE, missed=tuple(missed))


def says_remote(occurrence: Occurrence) -> bool:
    """Whether its title or a category says that it is held by video."""
    return any(_REMOTE.search(text) for text in (occurrence.title.reveal(), *occurrence.categories))


def takes_time(occurrence: Occurrence) -> bool:
    """Whether the therapist can do nothing else meanwhile: session or not, it takes place, and is no free time."""
    gone = occurrence.cancelled or occurrence.declined or _CANCELLED_TITLE.match(occurrence.title.reveal())
    return not gone and not occurrence.free and occurrence.kind not in _NOTHING_TO_DO


def as_session(occurrence: Occurrence, calendar: str, judgement: Judgement) -> Session:
    """The session that `judgement` found in `occurrence`."""
    assert occurrence.end is not None, "an occurrence without an end is never a session"
    return Session(
        id=session_id(calendar, occurrence.uid, occurrence.recurrence_id),
        calendar=calendar,
        uid=occurrence.uid,
        recurrence_id=occurrence.recurrence_id,
        start=occurrence.start,
        end=occurrence.end,
        client=judgement.client,
        place=occurrence.place,
        join_url=occurrence.join_url,
    )


def _never(occurrence: Occurrence) -> Why | None:
    checks = (
        (occurrence.all_day, Why.ALL_DAY),
        (occurrence.cancelled, Why.CANCELLED),
        (bool(_CANCELLED_TITLE.match(occurrence.title.reveal())), Why.CANCELLED_TITLE),
        (occurrence.declined, Why.DECLINED),
        (occurrence.end is None or occurrence.end <= occurrence.start, Why.NO_END),
        (occurrence.free, Why.FREE),
        (occurrence.kind in _NEVER_KINDS, Why.KIND),
    )
    return next((why for holds, why in checks if holds), None)


def _first_fault(rule: Rule, occurrence: Occurrence, calendar: str) -> str | None:
    """The first condition of `rule` that does not hold, in words; None: all hold."""
    assert occurrence.end is not None
    shortest, longest = rule.duration or (
        (SHORTEST, LONGEST) if rule.is_session else (timedelta(), timedelta.max)
    )
    fewest, most = rule.attendees or (0, occurrence.attendees)
    wanted_categories = {rule.category.casefold()} if rule.category else set()
    checks = (
        (rule.calendar in {None, calendar}, "it is for another calendar"),
        (_stands_in(rule, rule.title, occurrence.title), "the title differs"),
        (wanted_categories <= {name.casefold() for name in occurrence.categories}, "the category differs"),
        (rule.colour in {None, occurrence.colour}, "the colour differs"),
        (_stands_in(rule, rule.place, occurrence.place), "the place differs"),
        (rule.link_host is None or _has_host(occurrence, rule.link_host), "the link's host differs"),
        (fewest <= occurrence.attendees <= most, "the number of attendees differs"),
        (shortest <= occurrence.end - occurrence.start <= longest, "the duration differs"),
    )
    return next((fault for holds, fault in checks if not holds), None)


def _stands_in(rule: Rule, pattern: Pattern | None, text: Phi) -> bool:
    """What cannot be told in time counts as a session: one reminder too many, and none too few."""
    return pattern is None or stands_in(pattern, text, if_undecided=rule.is_session)


def _has_host(occurrence: Occurrence, wanted: str) -> bool:
    host = (urlsplit(occurrence.join_url.reveal()).hostname or "").lower()
    return host == wanted.lower() or host.endswith("." + wanted.lower())


def _client(rule: Rule, occurrence: Occurrence) -> Phi:
    if rule.title is None or "client" not in rule.title.groupindex:
        return NOTHING
    try:
        match = find(rule.title, occurrence.title)
    except Undecided:
        match = None
    return Phi((match["client"] or "").strip() if match else "")
