"""Lines are found by the breaks before them; here they are found the slow way, by where they begin."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from kepthour.core.reading.content_lines import plain, with_zones, without_zones

_BREAK = re.compile(r"\r\n|\n|\r")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
_FOLD = re.compile(r"\r\n[ \t]")
_DEFINITION = re.compile(
    r"^BEGIN:VTIMEZONE\r\n.*?^END:VTIMEZONE\r\n", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
_TIMES = re.compile(
    r"^(DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)((?:;[^:;=\"\r\n]+=(?:\"[^\"\r\n]*\"|[^:;\"\r\n]*))*):(.*?)\r$",
    re.IGNORECASE | re.MULTILINE,
)
_ZONE = re.compile(r";(?:X-)?TZID=(\"[^\"]*\"|[^:;\"]*)", re.IGNORECASE)

PIECES = st.sampled_from(
    (
        "BEGIN:VCALENDAR", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "begin:vtimezone", "end:vtimezone", "END:VTIMEZONE2",
        "BEGIN:VTIMEZONE:", "TZID:Custom", "TZID;X=1:Other", "BEGIN:VEVENT", "END:VEVENT",
        "DTSTART;TZID=Custom:20260101T090000", "DTSTART;TZID=Custom:20260101T090000Z", "dtend;tzid=x:2026",
        'DTEND;TZID="a;TZID=b";VALUE=DATE-TIME:20260101T090000', "EXDATE;VALUE=DATE;X-TZID=Custom:20260101",
        "RDATE:20260101T090000z ", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=:1", "DTSTART;TZID=a", "XDTSTART;TZID=a:1",
        "SUMMARY:DTSTART;TZID=a:1", "DTSTART:", "SUMMARY:ä\u2028DTSTART;TZID=a:1\x85", "", " ", "\t", "\x00",
    )
)  # fmt: skip
BREAKS = st.sampled_from(("\r\n", "\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n ", "\n\t", " \r\n", ""))
PAYLOADS = st.lists(st.builds("{}{}".format, PIECES, BREAKS), max_size=14).map("".join)


def slowly_plain(payload: str) -> str:
    text = _FOLD.sub("", _CONTROLS.sub("", _BREAK.sub("\r\n", payload)))
    return text if text.endswith("\r\n") else f"{text}\r\n"


def slowly_hidden(text: str) -> tuple[str, list[str]]:
    def hide(line: re.Match[str]) -> str:
        new = "" if line[3].strip().upper().endswith("Z") else r";X-TZID=\1"
        return f"{line[1]}{_ZONE.sub(new, line[2])}:{line[3]}\r"

    return _TIMES.sub(hide, _DEFINITION.sub("", text)), _DEFINITION.findall(text)


def slowly_shown(text: str) -> str:
    def show(line: re.Match[str]) -> str:
        params = _ZONE.sub(r";TZID=\1", line[2])
        return f"{line[1]}{params}:{line[3]}\r"

    return _TIMES.sub(show, _FOLD.sub("", text))


@given(PAYLOADS)
@settings(max_examples=1500)
def test_lines_are_found_and_zones_hidden_as_line_by_line(payload: str) -> None:
    text = plain(payload)
    assert text == slowly_plain(payload)
    hidden, zones = without_zones(text)
    slowly, definitions = slowly_hidden(text)
    assert hidden == slowly
    assert set(zones.values()) <= set(definitions)
    named = [one for one in definitions if re.search(r"^TZID(?:;[^:\r\n]*)?:.*\r$", one, re.I | re.M)]
    assert bool(zones) == bool(named)
    kept = f"BEGIN:VCALENDAR\r\n{hidden}"
    assert with_zones(kept) == slowly_shown(kept)
