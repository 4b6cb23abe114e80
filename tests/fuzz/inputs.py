"""Resources that nobody should send: built from nasty parts, or well-formed ones that were damaged."""

from __future__ import annotations

from pathlib import Path
from random import Random

CORPUS = [
    path.read_text("utf-8").replace("\n", "\r\n")
    for path in sorted((Path(__file__).parents[1] / "core" / "corpus").rglob("*.ics"))
]

TIMES = (
    "20260302T100000", "20260302T100000Z", "20260329T023000", "20261025T023000", "20260302", "20260231T100000",
    "00010101T000000", "00010101", "99991231T235959Z", "99991231", "19000101T000000", "20260302T2500",
    "20260302T240000", "2026-03-02T10:00:00", "", "rubbish", "-1", "20260302T100000Z/PT1H",
    "20260302T100000Z/20260302T090000Z", "20260302T100000,20260303T100000", "20240229T100000",
)  # fmt: skip
ZONES = (
    "", ";TZID=Europe/Berlin", ";TZID=W. Europe Standard Time", ";TZID=/x/America/New_York", ";TZID=Nowhere",
    ";TZID=", ";TZID=Own", ";TZID=../../etc/passwd", ";TZID=EST", ";TZID=+9999", ";VALUE=DATE", ";VALUE=PERIOD",
    ";VALUE=DATE;TZID=Europe/Berlin", ';TZID="(UTC+01:00) Berlin"', ";TZID=Europe", ";TZID=\u2028",
)  # fmt: skip
GOOD_ZONES = ("", ";TZID=Europe/Berlin", ";TZID=America/New_York", ";TZID=Own", ";TZID=Eastern")
LENGTHS = ("PT50M", "P1W", "-PT1H", "PT0S", "P99999999D", "PT999999999999H", "P", "", "1H", "P1Y")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "SECONDLY", "MINUTELY", "FORTNIGHTLY", "")
NUMBERS = (
    "0",
    "1",
    "2",
    "-1",
    "5",
    "7",
    "29",
    "30",
    "31",
    "53",
    "366",
    "-366",
    "999999999999",
    "x",
    "",
    "1,2,3",
    "0,-1",
)
DAYS = ("MO", "TU,TH", "-1FR", "5MO", "6MO", "53MO", "-53SU", "XX", "0MO", "", "SU,SU,SU")
PARTS = (
    "INTERVAL", "COUNT", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR", "BYMINUTE",
    "BYSECOND",
)  # fmt: skip
OTHERS = (
    "STATUS:CANCELLED", "STATUS:", "SEQUENCE:1", "SEQUENCE:-5", "SEQUENCE:x", "SEQUENCE:99999999999999999999",
    "TRANSP:TRANSPARENT", "SUMMARY:A\\, B\\n", "SUMMARY;LANGUAGE=de:Ä", "CATEGORIES:a,b", "CATEGORIES:", "LOCATION:x",
    "DESCRIPTION:https://zoom.us/j/1", "ATTENDEE;PARTSTAT=DECLINED:mailto:a@example.org", "ATTENDEE:", "URL:%%%",
    "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://meet.google.com/abc", "X-MICROSOFT-CDO-BUSYSTATUS:FREE", "COLOR:red",
    "X-KEPTHOUR-JOIN:https://example.org", "X-KEPTHOUR-ATTENDEES:many", "X-KEPTHOUR-PARTSTAT:DECLINED", "UID:v",
    "DTSTART:20260303T100000", "BEGIN:VALARM", "END:VALARM", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR", ":", ";",
    "\u0000", " folded", "EXRULE:FREQ=DAILY", "DTSTAMP:rubbish", "RDATE:", "EXDATE:", "RRULE:",
)  # fmt: skip
ZONE_LINES = (
    "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZOFFSETTO:x", "TZOFFSETFROM:+9999", "TZNAME:X",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "RRULE:FREQ=SECONDLY", "RRULE:FREQ=DAILY", "DTSTART:19700101T000000",
    "DTSTART:00010101T000000", "RDATE:19800101T000000", "X-LIC-LOCATION:Europe/Berlin", "",
)  # fmt: skip
_BITS = (
    "\r\n",
    "\n",
    ":",
    ";",
    ",",
    "=",
    "Z",
    "T",
    "0",
    "9",
    "-",
    "P",
    "\r\n ",
    "\u00e4",
    "\x00",
    "RRULE:FREQ=",
    "UNTIL=",
)


def rule(random: Random) -> str:
    parts = [f"FREQ={random.choice(FREQUENCIES if random.random() < 0.1 else FREQUENCIES[:4])}"]
    for name in random.sample(PARTS, random.choice((0, 0, 1, 1, 2, 3))):
        parts.append(f"{name}={random.choice(NUMBERS) if random.random() < 0.2 else random.randint(1, 12)}")
    if random.random() < 0.4:
        parts.append(f"BYDAY={random.choice(DAYS if random.random() < 0.2 else DAYS[:3])}")
    if random.random() < 0.3:
        parts.append(f"UNTIL={random.choice(TIMES)}")
    if random.random() < 0.1:
        parts.append(f"WKST={random.choice(DAYS)}")
    random.shuffle(parts)
    return ";".join(parts)


def event(random: Random) -> list[str]:
    def timed(name: str) -> str:
        if random.random() < 0.7:  # mostly good ones: else nearly nothing would get past them
            day = f"2026{random.randint(2, 6):02}{random.randint(1, 28):02}"
            return f"{name}{random.choice(GOOD_ZONES)}:{day}T{random.randint(0, 23):02}{random.choice(('00', '30'))}00"
        return f"{name}{random.choice(ZONES)}:{random.choice(TIMES)}"

    lines = [f"UID:{random.choice(('u', 'u', 'v'))}"] if random.random() < 0.95 else []
    lines.append(timed("DTSTART"))
    if random.random() < 0.1:
        lines.append(timed("DTEND"))
    else:
        lines.append(f"DURATION:{'PT50M' if random.random() < 0.9 else random.choice(LENGTHS)}")
    lines += [f"RRULE:{rule(random)}" for _ in range(random.choice((0, 1, 1, 1, 2)))]
    for name, chance in (("RECURRENCE-ID", 0.2), ("EXDATE", 0.3), ("RDATE", 0.3)):
        lines += [timed(name)] if random.random() < chance else []
    if random.random() < 0.05:
        lines.append(f"RECURRENCE-ID;RANGE=THISANDFUTURE:{random.choice(TIMES)}")
    lines += random.sample(OTHERS, random.choice((0, 0, 0, 1, 3)))
    return ["BEGIN:VEVENT", *lines, "END:VEVENT"]


def zone(random: Random) -> list[str]:
    inside = random.choices(ZONE_LINES, k=random.randint(0, 5))
    kind = random.choice(("STANDARD", "DAYLIGHT"))
    return ["BEGIN:VTIMEZONE", "TZID:Own", f"BEGIN:{kind}", *inside, f"END:{kind}", "END:VTIMEZONE"]


def built(random: Random) -> str:
    """A resource of nasty parts, mostly well nested."""
    lines = ["BEGIN:VCALENDAR"]
    lines += zone(random) if random.random() < 0.3 else []
    lines += ["X-WR-TIMEZONE:Nowhere/Land"] if random.random() < 0.1 else []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        lines += event(random)
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def damaged(random: Random) -> str:
    """A good resource with a few accidents: pieces left out, doubled, moved or put in."""
    text = random.choice(CORPUS)
    for _ in range(random.choice((1, 2, 4, 8))):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.choice((1, 2, 8, 40)))
        piece = random.choice(
            (random.choice(_BITS), "", text[start:end] * 2, random.choice(CORPUS)[start:end])
        )
        text = text[:start] + piece + text[end if random.random() < 0.5 else start :]
    return text


def noise(random: Random) -> str:
    """Bytes that were never a calendar, as a feed in a wrong encoding would give them."""
    return random.randbytes(random.choice((0, 1, 20, 400))).decode("latin-1")


def resource(seed: int) -> str:
    """Input number `seed`; the same for the same number."""
    random = Random(seed)
    return random.choices((built, damaged, noise), (60, 38, 2))[0](random)
