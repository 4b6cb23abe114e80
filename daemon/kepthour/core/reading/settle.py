"""Puts every time of a resource on firm ground before it is expanded: a series' times on one wall clock.

What is settled here, so that the expander meets the plain case only:

- A TZID means what `zones` says. A time without one is in its DTSTART's zone; DTSTART itself in the therapist's.
- All times of a series are told by the wall clock of its own DTSTART, whatever zone they were written in
  (bitfireAT/synctools#80: else an override stands beside the instance that it replaces). They are naive then: the
  expander takes a time with a zone for two, the local one and the one in UTC, and an EXDATE at 11:00 in Berlin
  would take the session at 10:00 away.
- A RECURRENCE-ID that is a date means that day's instance of a timed series.
- UNTIL as a date includes that whole day.
- What ends before it begins is set aside: the expander would swap the two, and remind at the wrong one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from kepthour.core.reading.content_lines import ZONE
from kepthour.core.reading.resources import Unreadable
from kepthour.core.reading.zones import Zones, is_utc
from kepthour.core.spans import day

if TYPE_CHECKING:
    from kepthour.core.reading.once import AnyCalendar

Event = Any  # an icalendar Event: a mapping of its properties; which types those have was checked when it was read
Moment = date  # a datetime on a wall clock, or a date: the whole day


_MOST_SERIES = 20  # of one UID: each is expanded by itself


@dataclass(frozen=True, slots=True)
class Series:
    """The components of one UID: their times naive, on the wall clock of `zone`, their dates days of the therapist."""

    events: list[Event]
    zone: tzinfo
    therapist: tzinfo
    is_one_of_many: bool = False  # other events have its UID, too: each is told from them by its start

    def instant(self, moment: Moment) -> datetime:
        """`moment` as an aware UTC instant. A time in the spring gap is the instant after it; a date its midnight."""
        if isinstance(moment, datetime):
            return moment.replace(tzinfo=self.zone).astimezone(UTC)
        return datetime.combine(moment, time(), self.therapist).astimezone(UTC)

    def skips(self, moment: Moment) -> bool:
        """Whether the wall clock never shows `moment`, because summer time begins."""
        return isinstance(moment, datetime) and self.clock(self.instant(moment)) != moment

    def clock(self, instant: datetime) -> datetime:
        """What the series' wall clock shows at the aware `instant`."""
        return instant.astimezone(self.zone).replace(tzinfo=None)


def settle(calendar: AnyCalendar, therapist: tzinfo) -> tuple[list[Series], tuple[str, ...]]:
    """The series of `calendar`, which was read by `resources.read` and is changed, and codes of what is doubtful.

    `therapist` is the therapist's zone. Raises Unreadable.
    """
    zones = Zones(calendar, therapist)
    by_uid: dict[str, list[Event]] = defaultdict(list)
    for event in calendar.events:
        by_uid[str(event["UID"])].append(event)
    settled = []
    for events in by_uid.values():
        apart = _apart(events)
        settled += [_settled(each, zones, is_one_of_many=len(apart) > 1) for each in apart]
    return settled, tuple(sorted(zones.doubts))


def _apart(events: list[Event]) -> list[list[Event]]:
    """The events of one UID, master by master: some exports give one UID to all appointments of a client.

    Of two versions of one event the higher SEQUENCE counts: these are more only if nothing says which is newer. An
    override belongs to the last that begins by what it names.
    """
    masters = [event for event in events if "RECURRENCE-ID" not in event]
    newest = max(map(sequence, masters), default=-1)
    revisions = Counter(
        sequence(one) for one in {_as_written(one, "DTSTART"): one for one in masters}.values()
    )
    many = max(revisions.values(), default=0) > 1  # of one event no two versions have the same SEQUENCE
    by_start: dict[str, Event] = {}
    for one in sorted(masters, key=sequence, reverse=True):
        if many or sequence(one) == newest:
            by_start.setdefault(_as_written(one, "DTSTART"), one)
    recurring = sum("RRULE" in one or "RDATE" in one for one in by_start.values())
    if len(by_start) < 2 or recurring > _MOST_SERIES:
        return [events]
    groups = [[one] for _start, one in sorted(by_start.items())]
    for event in events:
        if "RECURRENCE-ID" in event:
            named = _as_written(event, "RECURRENCE-ID")
            begun = [group for group in groups if _as_written(group[0], "DTSTART") <= named]
            (begun or groups)[-1 if begun else 0].append(event)
    return groups


def _as_written(event: Event, name: str) -> str:
    """By which times of one calendar are told apart and put in order, whatever their zone."""
    return f"{event[name].dt:%Y%m%dT%H%M%S}"


def _settled(events: list[Event], zones: Zones, *, is_one_of_many: bool) -> Series:
    for event in events:
        event["SEQUENCE"] = sequence(event)  # the expander takes whatever stands there
        _change(event, "DTSTART", lambda moment, name: _placed(moment, name, zones, zones.therapist))
    anchor = _newest([event for event in events if "RECURRENCE-ID" not in event] or events)["DTSTART"].dt
    zone = anchor.tzinfo if isinstance(anchor, datetime) else zones.therapist
    series = Series(events, zone or zones.therapist, zones.therapist, is_one_of_many)
    for event in events:
        _settle_one(event, anchor, series, zones)
    return series


def _newest(events: Sequence[Event]) -> Event:
    return max(events, key=sequence)


def sequence(event: Event) -> int:
    """How often `event` was revised; -1 if it does not say."""
    found = event.get("SEQUENCE", -1)
    return found if isinstance(found, int) else -1


def _settle_one(event: Event, anchor: Moment, series: Series, zones: Zones) -> None:
    begins = event["DTSTART"].dt
    own = begins.tzinfo if isinstance(begins, datetime) else zones.therapist

    def told(moment: Moment, name: str | None) -> Moment:
        placed = _placed(moment, name, zones, own)
        return series.clock(placed) if isinstance(placed, datetime) else placed

    _change(event, "DTSTART", told)
    begins = event["DTSTART"].dt
    _change(event, "DTEND", lambda moment, name: _as_end(told(moment, name), begins))
    _check_length(event, series)
    _change(event, "RECURRENCE-ID", lambda moment, name: _as_instance(told(moment, name), anchor))
    _change(event, "EXDATE", lambda moment, name: _day_of_days(told(moment, name), begins))
    _change(event, "RDATE", lambda moment, name: _as_instance(told(moment, name), begins))
    for rule in _listed(event.get("RRULE")):
        if any(limit.year == MAXYEAR for limit in rule.get("UNTIL", [])):
            # some say "for ever" like this, and by another clock that day may be past all years
            del rule["UNTIL"]
        if "UNTIL" in rule:
            rule["UNTIL"] = [_until(told(limit, None), begins) for limit in rule["UNTIL"]]


def _placed(moment: Moment, name: str | None, zones: Zones, beside: tzinfo | None) -> Moment:
    """`moment`, written with the TZID `name` or with none beside a time in `beside`, in the zone that it means."""
    if not isinstance(moment, datetime) or is_utc(moment.tzinfo):
        return moment
    return moment.replace(tzinfo=beside if name is None else zones.find(name))


def _as_end(ends: Moment, begins: Moment) -> Moment:
    if isinstance(begins, datetime) and not isinstance(ends, datetime):
        return datetime.combine(ends, time())
    return ends


def _check_length(event: Event, series: Series) -> None:
    begins, ends, length = event["DTSTART"].dt, event.get("DTEND"), event.get("DURATION")
    # On one of the two counts it may seem so in the nights of the changes.
    if ends is not None and _is_before(ends.dt, begins) and series.instant(ends.dt) < series.instant(begins):
        raise Unreadable("ends-before-it-begins")
    if length is not None and length.dt < timedelta():
        raise Unreadable("ends-before-it-begins")


def _is_before(one: Moment, other: Moment) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    return day(one) < day(other)


def _as_instance(moment: Moment, anchor: Moment) -> Moment:
    """A RECURRENCE-ID, or a further date, as what the series' DTSTART is: a time or a day."""
    if isinstance(anchor, datetime) and not isinstance(moment, datetime):
        return datetime.combine(moment, anchor.time())
    return _day_of_days(moment, anchor)


def _day_of_days(moment: Moment, begins: Moment) -> Moment:
    """A time among days means its day. A date among times stays one: it means whatever begins on that day."""
    return moment if isinstance(begins, datetime) else day(moment)


def _until(limit: Moment, begins: Moment) -> Moment:
    if not isinstance(begins, datetime):
        return day(limit)
    return limit if isinstance(limit, datetime) else datetime.combine(limit, time(23, 59, 59))


def _change(event: Event, name: str, change: Callable[[Moment, str | None], Moment]) -> None:
    """Put `change(time, its TZID)` in the place of every time that the property `name` holds."""
    for holder in _listed(event.get(name)):
        zone = holder.params.get(ZONE)
        for value in getattr(holder, "dts", None) or [holder]:
            if isinstance(value.dt, tuple):  # a period: start and end, or start and length
                value.dt = tuple(change(part, zone) if isinstance(part, date) else part for part in value.dt)
            else:
                value.dt = change(value.dt, zone)


def _listed(found: Any) -> Iterable[Any]:
    return found if isinstance(found, list) else [] if found is None else [found]
