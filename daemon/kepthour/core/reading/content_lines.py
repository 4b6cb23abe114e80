"""The text of a resource, line by line (RFC 5545, 3.1), made ready for the parser, and back again.

The parser looks up every TZID itself, in a cache that all resources share: two calendars that each define a zone
"Custom" would get the first one's, and a name that it cannot look up fails the whole resource. So it never sees one:
the parameter is renamed on the way in, and definitions of zones are taken out and read one by one.
"""

from __future__ import annotations

import re

from kepthour.core.reading.remembering import of_short

ZONE = "X-TZID"  # the parameter TZID, as the parser sees it

_FOLD = re.compile(r"\r\n[ \t]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")  # RFC 5545 allows none of them
# A line is looked for by the break before it, which takes half as long as by "^".
_DEFINITION = re.compile(r"\nBEGIN:VTIMEZONE\r.*?\nEND:VTIMEZONE\r", re.IGNORECASE | re.DOTALL)
_EVENT = re.compile(r"^BEGIN:VEVENT\r\n.*?^END:VEVENT\r", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^TZID(?:;[^:\r\n]*)?:(.*?)\r$", re.IGNORECASE | re.MULTILINE)
_TIMES = re.compile(
    r"\n(?P<name>DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)"
    r"(?P<params>(?:;[^:;=\"\r\n]+=(?:\"[^\"\r\n]*\"|[^:;\"\r\n]*))*):(?P<value>[^\r\n]*)\r",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r";(?:X-)?TZID=(\"[^\"]*\"|[^:;\"]*)", re.IGNORECASE)
_HIDDEN, _SHOWN = rf";{ZONE}=\1", r";TZID=\1"


def plain(payload: str) -> str:
    """`payload` unfolded, with line breaks of one kind, and without control characters."""
    broken = payload.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    text = _FOLD.sub("", _CONTROLS.sub("", broken))
    return text if text.endswith("\r\n") else f"{text}\r\n"


def without_zones(text: str) -> tuple[str, dict[str, str]]:
    """`text` (plain) with each TZID renamed, and the VTIMEZONEs that stood in it, by name."""
    found: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        name = _NAME.search(match[0])
        if name is not None:
            found.setdefault(name[1].strip(), f"{match[0][1:]}\n")
        return ""

    return _TIMES.sub(_hidden, _DEFINITION.sub(take, f"\n{text}"))[1:], found


def with_zones(text: str) -> str:
    """`text`, a calendar as the library wrote it, with each TZID under its own name again. Lines stay unfolded."""
    return _TIMES.sub(_shown, _FOLD.sub("", text))


def _hidden(line: re.Match[str]) -> str:
    name, params, value = line.groups()
    # A Z says UTC, whatever zone is named beside it.
    params = _renamed(params, "" if value.strip().upper().endswith("Z") else _HIDDEN)
    return f"\n{name}{params}:{value}\r"


def _shown(line: re.Match[str]) -> str:
    name, params, value = line.groups()
    return f"\n{name}{_renamed(params, _SHOWN)}:{value}\r"


@of_short
def _renamed(params: str, new: str) -> str:
    """The parameters of a time with `new` in place of its TZID."""
    return _PARAMETER.sub(new, params)


def zone_name(text: str) -> str | None:
    """The zone in which the series of a resource is written, of its text as `with_zones` gives it.

    "UTC" for a Z; None for a time without a zone, and a whole day.
    """
    events = _EVENT.findall(text)
    series = next((one for one in events if "\nRECURRENCE-ID" not in one), events[0] if events else "")
    start = next((line for line in _TIMES.finditer(series) if line["name"].upper() == "DTSTART"), None)
    if start is None:
        return None
    if start["value"].strip().upper().endswith("Z"):
        return "UTC"
    named = _PARAMETER.search(start["params"])
    return named[1].strip('"') if named is not None else None
