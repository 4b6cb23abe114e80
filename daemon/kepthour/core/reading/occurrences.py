"""Raw resource -> occurrences: what a calendar holds at which instants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from kepthour.core.privacy import Phi
from kepthour.core.reading.marks import MARK, STAMP
from kepthour.core.reading.once import Calendar as Once
from kepthour.core.reading.resources import ANSWER, ATTENDEES, JOIN, Unreadable
from kepthour.core.reading.rules import check, check_cost
from kepthour.core.reading.settle import Event, Moment, Series, sequence, settle
from kepthour.core.spans import day

if TYPE_CHECKING:
    from kepthour.core.reading.once import AnyCalendar


# More instances than this of one resource in one window cannot be a practice's calendar.
_MOST = 5000
# Times as written, and days, are placed in a zone only after this: look a little further on both sides.
_MARGIN = timedelta(days=2)
_INSTANT = timedelta(microseconds=1)  # how long an event without an end overlaps a window
_WRITTEN = (
    "X-KEPTHOUR-WRITTEN"  # in an event that recurs: what is written in it, read once for all its instances
)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One instance of an event. Instants are aware UTC."""

    uid: str = field(repr=False)
    recurrence_id: datetime | None  # the instant the series meant it for; None: the event does not recur
    start: datetime
    end: datetime | None  # None: the event has no end
    all_day: bool
    title: Phi
    place: Phi
    join_url: Phi
    categories: tuple[str, ...] = field(repr=False)
    colour: str | None
    attendees: int
    cancelled: bool
    declined: bool
    free: bool
    kind: str | None  # a calendar's own sort of entry ("focusTime", "outOfOffice", …)
    # Known where it was just expanded, of a calendar that is read with marks:
    mark: str | None = None  # of what is written in it
    stamp: datetime | None = None  # when it was last changed, as the calendar says; aware UTC

    @property
    def original_start(self) -> datetime:
        """RFC 5545's identity of an instance within its UID."""
        return self.recurrence_id or self.start


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a resource comes to within a window."""

    occurrences: list[Occurrence]  # by start
    doubts: tuple[str, ...] = ()  # codes: what had to be guessed


def expand(calendar: AnyCalendar, zone: tzinfo, start: datetime, end: datetime) -> Expansion:
    """All instances that overlap [start, end); cancelled ones too, marked.

    `calendar` holds one UID, was read by `resources.read`, and is changed by this. Floating times and dates are
    taken in `zone`, the therapist's. Takes a bounded time whatever the resource says. Raises Unreadable.
    """
    if isinstance(calendar, Once) and calendar.is_outside((start - _MARGIN).date(), (end + _MARGIN).date()):
        return Expansion([])
    try:
        settled, doubts = settle(calendar, zone)
        found = [
            _occurrence(event, identity, series)
            for series in settled
            for event, identity in _instances(series, start, end)
        ]
    except Unreadable:
        raise
    except Exception as error:  # supervised: an odd resource must cost itself and no other
        raise Unreadable("cannot-expand") from error
    # The gap of spring can make one instant of two times; a session is one of them.
    each = {(one.uid, one.recurrence_id): one for one in reversed(found)}.values()
    within = [one for one in each if one.start < end and (one.end or one.start + _INSTANT) > start]
    return Expansion(sorted(within, key=lambda one: one.start), doubts)


def _instances(series: Series, start: datetime, end: datetime) -> Iterator[tuple[Event, Moment | None]]:
    """Every event that could overlap [start, end), with what tells it from the others of its series."""
    if any("RRULE" in event or "RDATE" in event for event in series.events):
        return _recurring(series, series.clock(start) - _MARGIN, series.clock(end) + _MARGIN)
    return _single(series)


def _single(series: Series) -> Iterator[tuple[Event, Moment | None]]:
    """A series without a rule: its one instance, or the overrides of it and of instances that are not here.

    An override whose series is elsewhere stands alone, once. Of two for one instance the higher SEQUENCE wins.
    """
    newest: dict[Moment | None, Event] = {}
    for event in series.events:
        identity = event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else None
        if identity not in newest or sequence(event) > sequence(newest[identity]):
            newest[identity] = event
    if None in newest and newest[None]["DTSTART"].dt in newest:
        del newest[None]
    for identity, event in newest.items():
        yield event, event["DTSTART"].dt if identity is None and series.is_one_of_many else identity


def _recurring(series: Series, start: datetime, end: datetime) -> Iterator[tuple[Event, Moment | None]]:
    import icalendar  # slow to import, and most commands read what was expanded before
    import recurring_ical_events

    rules = [(rule, event["DTSTART"].dt) for event in series.events for rule in _rules(event)]
    for rule, _begins in rules:
        check(rule)
    horizon = end.date()
    if all(day(event["DTSTART"].dt) > horizon and "RDATE" not in event for event in series.events):
        return  # it begins after the window, and whatever its rules are, they are not needed
    for rule, begins in rules:
        check_cost(rule, begins, horizon)
    for event in series.events:
        event[_WRITTEN] = _written(event)  # the expander copies it with the rest
    beside = _beside_splits(series)
    alone = icalendar.Calendar()
    alone.subcomponents = [event for event in series.events if not _is_beside(event, beside)]
    for count, event in enumerate(recurring_ical_events.CalendarQuery(alone).between(start, end)):
        if count >= _MOST:
            raise Unreadable("too-many-instances")
        split = _split_of(event, series)
        identity = event["RECURRENCE-ID"].dt if split is None else _following(event, split)
        if split is None or identity not in beside or sequence(split) > sequence(beside[identity]):
            yield event, identity
        else:
            yield beside[identity], identity


def _beside_splits(series: Series) -> dict[Moment, Event]:
    """Overrides of the very instance from which a THISANDFUTURE holds: of two the higher SEQUENCE.

    The expander knows one override of an instance, and would take this one for all that follow, too.
    """
    splits = {event["RECURRENCE-ID"].dt for event in series.events if _is_split(event)}
    found: dict[Moment, Event] = {}
    for event in series.events:
        if "RECURRENCE-ID" not in event or _is_split(event):
            continue
        named: Moment = event["RECURRENCE-ID"].dt
        if named in splits and (named not in found or sequence(event) > sequence(found[named])):
            found[named] = event
    return found


def _is_beside(event: Event, beside: Mapping[Moment, Event]) -> bool:
    return (
        bool(beside)
        and "RECURRENCE-ID" in event
        and not _is_split(event)
        and event["RECURRENCE-ID"].dt in beside
    )


def _following(event: Event, split: Event) -> Moment:
    """The time that a series meant `event` for, which comes of its THISANDFUTURE `split`: the expander says that one's.

    If that made days of times, or times of days, the expander left the old sort, and `event` is changed.
    """
    named: Moment = split["RECURRENCE-ID"].dt
    then: Moment = split["DTSTART"].dt
    begins: Moment = event["DTSTART"].dt
    if isinstance(named, datetime) == isinstance(then, datetime):
        return begins - (then - named)
    later = day(begins) - day(then)
    for name in ("DTSTART", "DTEND", "DURATION"):  # the expander makes an end of every length
        event.pop(name, None)
        if name in split:
            own = split[name]
            event[name] = type(own)(own.dt + later) if isinstance(own.dt, date) else own
    meant = day(named) + later
    return datetime.combine(meant, named.time()) if isinstance(named, datetime) else meant


def _split_of(event: Event, series: Series) -> Event | None:
    """The THISANDFUTURE of `series` that made `event` what it is."""
    if not _is_split(event):
        return None
    named = event["RECURRENCE-ID"].dt
    return next((one for one in series.events if _is_split(one) and one["RECURRENCE-ID"].dt == named), None)


def _is_split(event: Event) -> bool:
    return "RANGE" in event.get("RECURRENCE-ID").params if "RECURRENCE-ID" in event else False


def _occurrence(event: Event, identity: Moment | None, series: Series) -> Occurrence:
    begins = event["DTSTART"].dt
    known = event.get(_WRITTEN)
    # else a resource brought one of that name
    made = known if isinstance(known, partial) else _written(event)
    return made(
        recurrence_id=series.instant(identity) if identity is not None else None,
        start=series.instant(begins),
        end=_end(event, series),
        all_day=not isinstance(begins, datetime),
    )


def _written(event: Event) -> partial[Occurrence]:
    """An occurrence of `event` but for its times."""
    return partial(
        Occurrence,
        uid=str(event["UID"]),
        title=Phi(_text(event, "SUMMARY")),
        place=Phi(_text(event, "LOCATION")),
        # The library writes its commas escaped, and does not unescape them; a link has no backslash of its own.
        join_url=Phi(_text(event, JOIN).replace("\\", "")),
        categories=_categories(event),
        colour=_text(event, "COLOR") or None,
        attendees=int(_text(event, ATTENDEES) or 0),
        cancelled=_text(event, "STATUS").upper() == "CANCELLED",
        declined=_text(event, ANSWER) == "DECLINED",
        free=_is_free(event),
        kind=_text(event, "X-KEPTHOUR-KIND") or None,
        mark=_text(event, MARK) or None,
        stamp=_stamp(event),
    )


def _stamp(event: Event) -> datetime | None:
    """RFC 5545, 3.8.7.3: always in UTC. Anything else says nothing."""
    try:
        at = getattr(event.get(STAMP), "dt", None)  # the library raises for what it could not read
        return at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _end(event: Event, series: Series) -> datetime | None:
    """The instant after the event; None where it states neither an end nor a length."""
    begins = event["DTSTART"].dt
    if (ends := event.get("DTEND")) is not None:
        # The expander gives an event without an end one that equals its start.
        return _stated_end(begins, ends.dt, series) if ends.dt != begins else None
    if (length := event.get("DURATION")) is not None:
        return series.instant(begins) + cast(timedelta, length.dt)
    return None if isinstance(begins, datetime) else series.instant(begins + timedelta(days=1))


def _stated_end(begins: Moment, ends: Moment, series: Series) -> datetime:
    """What begins in the gap of spring begins later, and is as long as ever."""
    start, end = series.instant(begins), series.instant(ends)
    if series.skips(begins):
        return start + (ends - begins)
    return end


def _rules(event: Event) -> Sequence[Mapping[str, Sequence[Any]]]:
    found = event.get("RRULE")
    return found if isinstance(found, list) else [] if found is None else [found]


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value).strip()


def _categories(event: Event) -> tuple[str, ...]:
    found = event.get("CATEGORIES")
    if found is None:
        return ()
    return tuple(
        str(name) for group in (found if isinstance(found, list) else [found]) for name in group.cats
    )


def _is_free(event: Event) -> bool:
    busy = _text(event, "X-MICROSOFT-CDO-BUSYSTATUS").upper()
    return _text(event, "TRANSP").upper() == "TRANSPARENT" or busy == "FREE"
