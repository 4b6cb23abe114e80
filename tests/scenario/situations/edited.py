"""An entry that was edited while its session was on: somebody had it in hand. And what only looks so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kepthour_connectors.base import Transient
from tests.support.situation import (
    AWAY,
    CHECKED_IN_LATE,
    EDITED,
    EDITS_COUNT,
    MONDAY,
    NOTHING,
    PLAIN,
    SUSPECTED,
    Happening,
    Outcome,
    Situation,
    at,
)
from tests.support.steps import (
    cancels,
    checks_in,
    configured,
    edits,
    fails,
    goes_on_leave,
    heals,
    is_late,
    is_read,
    moves_to,
)

NOTE, NEW_NOTE = "DESCRIPTION:Bring the letter", "DESCRIPTION:Bring the letter. Paid."
STAMP = "LAST-MODIFIED:20260101T000000Z"
ASKED, ACCEPTED = (f"ATTENDEE;PARTSTAT={answer}:urn:guest" for answer in ("NEEDS-ACTION", "ACCEPTED"))
TEN = f"{MONDAY}T10:00:00"
ENTRY = (NOTE, STAMP, ASKED)
EVERY = ("one", "other-0", "other-1", "other-2")
NO_ANSWER = Transient("No answer.", "Look at the network.")
ALARM = "\r\n".join(
    [
        "X-MOZ-LASTACK:20260302T090400Z",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT5M",
        "END:VALARM",
        "END:VEVENT",
    ]
)


WEEKLY = (*ENTRY, "RRULE:FREQ=WEEKLY;COUNT=3")


def edited(tells: str, outcome: Outcome, *happens: Happening, **more: Any) -> Situation:
    """With a note in every entry, in a calendar whose edits count."""
    usual = {"entry": ENTRY, "others": (NOTE, STAMP), "config": EDITS_COUNT}
    return Situation(tells, outcome, happens, **{**usual, **more})


def noted(time: str, uids: Sequence[str] = ("one",)) -> Happening:
    """Somebody writes a note into these entries."""
    return at(time, edits(NOTE, NEW_NOTE, time, uids))


def override(of: str, start: str, end: str) -> str:
    """One instance of the series, with another note; and then the calendar ends."""
    zone = "TZID=Europe/Berlin"
    lines = [
        "BEGIN:VEVENT",
        "UID:one",
        "DTSTAMP:20260101T000000Z",
        f"RECURRENCE-ID;{zone}:{of}",
        f"DTSTART;{zone}:{start}",
        f"DTEND;{zone}:{end}",
        "SUMMARY:AB",
        NEW_NOTE,
        STAMP,
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(lines)


EDITS = (
    edited("she wrote a note into the entry in the session, and forgot to check in", EDITED, noted("10:04")),
    edited(
        "she put the title right in the session",
        EDITED,
        at("10:04", edits("SUMMARY:AB", "SUMMARY:AB (couple)", "10:04")),
    ),
    edited(
        "she wrote down the room that they went to",
        EDITED,
        at("10:04", edits(STAMP, f"{STAMP}\r\nLOCATION:Room 2", "10:04")),
    ),
    edited(
        "she made the session ten minutes longer, and did not move it",
        EDITED,
        at("10:04", edits("20260302T105000", "20260302T110000", "10:04")),
    ),
    edited("she edited it at the very start", EDITED, at("10:01", edits(NOTE, NEW_NOTE, "10:00"))),
    edited("she edited it at the deadline", EDITED, at("10:14:59", edits(NOTE, NEW_NOTE, "10:14:59"))),
    edited("she edited it, in a calendar that tells no times", EDITED, at("10:04", edits(NOTE, NEW_NOTE))),
    edited(
        "she edited it before the deadline that had moved",
        EDITED,
        at("09:58", is_late(10)),
        noted("10:20"),
        until="10:40",
    ),
    edited(
        "she edited it, and the answer of the client came in at the same poll",
        EDITED,
        at("10:04", edits(ASKED, ACCEPTED, told=False), edits(NOTE, NEW_NOTE, "10:04")),
    ),
    edited(
        "she edited it, while the calendar could not be reached for some minutes",
        EDITED,
        at("10:01", fails(NO_ANSWER)),
        at("10:04", edits(NOTE, NEW_NOTE, "10:04", told=False)),
        at("10:12", heals(), is_read()),
    ),
    edited(
        "she edited it twice, and put it back as it was",
        EDITED,
        noted("10:04"),
        at("10:08", edits(NEW_NOTE, NOTE, "10:08")),
    ),
    edited(
        "this session's instance of the series was edited",
        EDITED,
        at(
            "10:04",
            edits(
                "END:VCALENDAR", override("20260302T100000", "20260302T100000", "20260302T105000"), "10:04"
            ),
        ),
        entry=WEEKLY,
    ),
    edited(
        "the server's clock is a day ahead, and she edited it in the session",
        EDITED,
        at("10:04", edits(NOTE, NEW_NOTE, "2026-03-03 10:04")),
    ),
    edited(
        "the calendar told after the deadline that she had edited it before",
        EDITED,
        at("10:10", edits(NOTE, NEW_NOTE, "10:12", told=False)),
        at("10:17", is_read()),
        suspected_on_the_way=True,
    ),
    # ---- other grounds go before
    edited("she edited it, and then checked in", CHECKED_IN_LATE, noted("10:04"), at("10:06", checks_in())),
    edited(
        "she was on leave, and her secretary edited the entry",
        AWAY,
        at("09:41", goes_on_leave("09:45", "12:00")),
        noted("10:04"),
        until="12:05",
    ),
    edited("it was edited, and then cancelled", NOTHING, noted("10:04"), at("10:08", cancels())),
    edited(
        "it was edited, and then moved to the afternoon",
        NOTHING,
        noted("10:04"),
        at("10:08", moves_to("14:00")),
    ),
    edited(
        "it was edited, and then moved: of its new time nothing is known",
        SUSPECTED,
        noted("10:04"),
        at("10:08", moves_to("11:00")),
        start=TEN,
        until="11:22",
    ),
    # ---- what only looks so
    edited("it was edited, but nobody asked for edits as evidence", SUSPECTED, noted("10:04"), config=PLAIN),
    edited(
        "the feed stamps every entry anew at every fetch",
        SUSPECTED,
        at("10:04", edits(NOTE, NOTE, "10:04", EVERY)),
        at("10:08", edits(NOTE, NOTE, "10:08", EVERY)),
    ),
    edited(
        "the feed stamps every entry anew, and this one was edited before the start",
        SUSPECTED,
        at("09:55", fails(NO_ANSWER)),
        at("09:58", edits(NOTE, NEW_NOTE, told=False)),
        at("10:04", heals(), edits("SUMMARY", "SUMMARY", "10:04", EVERY)),
    ),
    edited(
        "the calendar stamped this entry anew, and nothing else",
        SUSPECTED,
        at("10:04", edits(NOTE, NOTE, "10:04")),
    ),
    edited("a program wrote something into every entry", SUSPECTED, noted("10:04", EVERY)),
    edited("a program wrote something into three of four entries", SUSPECTED, noted("10:04", EVERY[:3])),
    edited("the client accepted the invitation", SUSPECTED, at("10:04", edits(ASKED, ACCEPTED, "10:04"))),
    edited("a guest was added", SUSPECTED, at("10:04", edits(ASKED, f"{ASKED}\r\n{ACCEPTED}", "10:04"))),
    edited(
        "the client confirmed, and the entry is no longer tentative",
        SUSPECTED,
        at("10:04", edits("STATUS:TENTATIVE", "STATUS:CONFIRMED", "10:04")),
        entry=(*ENTRY, "STATUS:TENTATIVE"),
    ),
    edited(
        "a device noted that its own alarm was heard",
        SUSPECTED,
        at("10:04", edits("END:VEVENT", ALARM, "10:04")),
    ),
    edited(
        "the client's session next week was cancelled, in the same series",
        SUSPECTED,
        at("10:04", edits(NOTE, f"{NOTE}\r\nEXDATE;TZID=Europe/Berlin:20260309T100000", "10:04")),
        entry=WEEKLY,
    ),
    edited(
        "the client's session next week was moved, in the same series",
        SUSPECTED,
        at(
            "10:04",
            edits(
                "END:VCALENDAR", override("20260309T100000", "20260310T100000", "20260310T105000"), "10:04"
            ),
        ),
        entry=WEEKLY,
    ),
    edited(
        "the series ends earlier now",
        SUSPECTED,
        at("10:04", edits("COUNT=3", "COUNT=2", "10:04")),
        entry=WEEKLY,
    ),
    edited("another client's entry was edited", SUSPECTED, noted("10:04", ("other-0",))),
    edited(
        "it was edited two minutes before the start", SUSPECTED, at("10:01", edits(NOTE, NEW_NOTE, "09:58"))
    ),
    edited(
        "it was edited around the start, in a calendar that tells no times",
        SUSPECTED,
        at("09:58", edits(NOTE, NEW_NOTE, told=False)),
        at("10:00:30", is_read()),
    ),
    edited(
        "it was edited in the morning, and the feed tells hours late",
        SUSPECTED,
        at("10:04", edits(NOTE, NEW_NOTE, "08:10")),
    ),
    edited("it was edited after the deadline", SUSPECTED, noted("10:17")),
    edited(
        "the program reads every entry in another way from now on",
        SUSPECTED,
        at(
            "10:04",
            edits(NOTE, NEW_NOTE, "10:04", told=False),
            configured(EDITS_COUNT + '[sessions]\njoin_hosts = ["video.example.org"]\n'),
        ),
    ),
    edited(
        "edits were asked for in the session, after this one",
        SUSPECTED,
        at("10:04", edits(NOTE, NEW_NOTE, "10:04", told=False), configured(EDITS_COUNT)),
        config=PLAIN,
    ),
)
