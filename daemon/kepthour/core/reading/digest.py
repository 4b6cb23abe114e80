"""Resources as they came -> resources as they are kept, and what they come to.

Each is reduced by itself, and expanded from what is kept of it: so that any later expansion says the same. Those of one
series that its source gives in pieces are expanded together; the master carries their occurrences. What cannot be
read is set aside, with a reason, and costs nothing but itself and the pieces that belong to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from importlib.metadata import version
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.reading.occurrences import Occurrence, expand
from kepthour.core.reading.resources import Unreadable, read, read_piece, slim

if TYPE_CHECKING:
    from icalendar import Calendar

    from kepthour.core.reading.once import AnyCalendar

_READER = 4  # one more whenever resources are read or expanded in another way, so that it is done anew


@dataclass(frozen=True, slots=True)
class Held:
    """A resource as it is kept."""

    href: str = field(repr=False)
    etag: str
    payload: Phi  # reduced iCalendar text; empty: it is set aside
    series: str | None = None  # resources with the same one belong together; None: it is whole
    quarantine: str | None = None  # why it is set aside; None: it is not
    occurrences: tuple[Occurrence, ...] = ()
    doubts: tuple[str, ...] = ()  # codes: what had to be guessed to expand it


@dataclass(frozen=True, slots=True)
class Reader:
    """What of one calendar's resources is worth keeping."""

    hosts: tuple[str, ...]  # of join links, beside the known ones
    addresses: Collection[str] = field(repr=False)  # the therapist's own, lower case
    marks: bool = False  # whether it is to be told later what is written anew


def made_with(zone: ZoneInfo) -> str:
    """What occurrences depend on beside their resources: the therapist's zone, the zone rules, the way of reading."""
    return f"{zone.key} tzdata-{version('tzdata')} reader-{_READER}"


def reduced(reader: Reader, href: str, etag: str, text: str, series: str | None) -> Held:
    """What is kept of a resource that came as `text`. Never raises."""
    try:
        kept = slim(read(text), reader.hosts, reader.addresses, marked=reader.marks)
    except Unreadable as error:
        return set_aside(href, etag, error.code, series)
    return Held(href, etag, Phi(kept), series)


def set_aside(href: str, etag: str, code: str, series: str | None = None) -> Held:
    """A resource that cannot be read, for the reason `code`."""
    return Held(href, etag, NOTHING, series, code)


def expanded(held: Iterable[Held], zone: tzinfo, start: datetime, end: datetime) -> list[Held]:
    """`held`, each with what it comes to in [start, end) (aware UTC). Of a series all pieces have to be there.

    `zone` is the therapist's. Never raises.
    """
    groups: dict[tuple[str | None, str], list[Held]] = {}
    done: list[Held] = []
    for one in held:
        if not one.payload:
            done.append(one)
            continue
        groups.setdefault((one.series, "" if one.series else one.href), []).append(one)
    for group in groups.values():
        done += _expanded(group, zone, start, end)
    return done


def with_relatives(changed: Sequence[Held], stored: Iterable[Held], removed: Collection[str]) -> list[Held]:
    """`changed`, and those of `stored` (pieces of series) that belong to one of it, or to one of `removed` (hrefs)."""
    touched = {*removed, *(one.href for one in changed)}
    pieces = list(stored)
    series = {one.series for one in changed} | {one.series for one in pieces if one.href in touched}
    return [*changed, *(one for one in pieces if one.series in series and one.href not in touched)]


def _expanded(group: list[Held], zone: tzinfo, start: datetime, end: datetime) -> list[Held]:
    try:
        carrier, whole = _whole([one.payload.reveal() for one in group])
        found = expand(whole, zone, start, end)
    except Unreadable as error:
        return [replace(one, payload=NOTHING, quarantine=error.code) for one in group]
    return [
        replace(
            one,
            quarantine=None,
            occurrences=tuple(found.occurrences) if at == carrier else (),
            doubts=found.doubts if at == carrier else (),
        )
        for at, one in enumerate(group)
    ]


def _whole(texts: Sequence[str]) -> tuple[int, AnyCalendar]:
    """Which of the pieces carries their occurrences, and one calendar of all."""
    if len(texts) == 1:
        return 0, read(texts[0])
    pieces = [read_piece(text) for text in texts]
    carrier = next((at for at, each in enumerate(pieces) if _has_master(each)), 0)
    return carrier, _joined(pieces, carrier)


def _has_master(calendar: Calendar) -> bool:
    return any("RECURRENCE-ID" not in event for event in calendar.events)


def _joined(calendars: Sequence[Calendar], carrier: int) -> Calendar:
    """One calendar of all. The carrier's UID is the series': pieces may come without their own."""
    whole = calendars[carrier]
    uid = next((event["UID"] for event in whole.events), None)
    others = [each for at, each in enumerate(calendars) if at != carrier]
    for event in (event for each in others for event in each.events):
        event["UID"] = uid
        whole.add_component(event)
    for zone in (zone for each in others for zone in each.timezones):
        whole.add_component(zone)
    return whole
