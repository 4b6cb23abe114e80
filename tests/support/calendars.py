"""Small builders of iCalendar text, as calendars send it (CRLF, one VCALENDAR)."""

from __future__ import annotations

from tests.support.fence import LINES, TITLE

BERLIN = "\r\n".join(
    [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Berlin",
        "BEGIN:DAYLIGHT",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "DTSTART:19700329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "DTSTART:19701025T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]
)


def event(
    uid: str | None,
    summary: str = f"AB {TITLE}",
    start: str = "20260302T090000",
    end: str = "20260302T095000",
    *more: str,
    zone: str | None = "Europe/Berlin",
    stamp: str = "20260101T000000Z",
) -> str:
    """One VEVENT. `start` and `end` are local in `zone` (None: as they are written); `more` are whole lines."""
    where = f";TZID={zone}" if zone else ""
    lines = [
        "BEGIN:VEVENT",
        *([f"UID:{uid}"] if uid is not None else []),
        f"DTSTAMP:{stamp}",
        f"DTSTART{where}:{start}",
        f"DTEND{where}:{end}",
        f"SUMMARY:{summary}",
        *(line for line in LINES if not any(one.startswith(line[:7]) for one in more)),
        *more,
        "END:VEVENT",
    ]
    return "\r\n".join(lines) + "\r\n"


def calendar(*components: str, zones: str = BERLIN, head: tuple[str, ...] = ()) -> str:
    """A whole VCALENDAR around `components`; `head` are further lines of the calendar itself."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *head]
    return "\r\n".join(lines) + "\r\n" + zones + "".join(components) + "END:VCALENDAR\r\n"


def single(uid: str, summary: str = f"AB {TITLE}", *more: str) -> str:
    """A whole calendar object resource with one event."""
    return calendar(event(uid, summary, "20260302T090000", "20260302T095000", *more))


def todo(uid: str, summary: str = "Tax return") -> str:
    """A whole calendar object resource that is a task."""
    lines = ["BEGIN:VTODO", f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{summary}", "END:VTODO", ""]
    return calendar("\r\n".join(lines), zones="")
