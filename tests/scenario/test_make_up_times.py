"""Free times for a make-up session, from calendars as they are stored: what takes time there, and what does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kepthour.core.slots import Why
from kepthour.core.verdict import Verdict
from kepthour.views.slots import Judged, Offers, SlotSearch
from tests.support.calendars import calendar, event
from tests.support.day import BERLIN, CONFIG, Day, when
from tests.support.fence import TITLE

TWO = (
    CONFIG.replace('sessions = "all"\n', 'sessions = "rules"\n')
    + """
[[calendars]]
name = "private"
type = "memory"
sessions = "none"
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})'
is = "session"
[practice]
sessions_a_day = 3
"""
)
FREE = None


def a_missed_session(folder: Path, *more: str, config: str = TWO, zone: str | None = "Europe/Berlin") -> Day:
    """Monday at half past ten; the session at ten was missed. `more` are lines of its event."""
    day = Day(folder, "2026-03-02 09:00", config)
    missed = event("missed", f"AB {TITLE}", "20260302T100000", "20260302T105000", *more, zone=zone)
    day.calendar.put("missed.ics", calendar(missed))
    day.sync()
    (entry,) = [one for one in day.agenda("2026-03-02", "2026-03-03") if one.session.uid == "missed"]
    day.clock.at = entry.session.start + timedelta(minutes=30)
    day.sync()
    day.app.settle(entry.session.id, Verdict.MISSED, None)
    return day


def put(day: Day, name: str, uid: str, *lines: str) -> None:
    """An event of these lines in the calendar `name`."""
    whole = "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT", ""])
    day.plugins.memory.calendar(name).put(f"{uid}.ics", calendar(whole))
    day.sync()


def search(day: Day) -> SlotSearch:
    (card,) = day.cards()
    return SlotSearch(day.app.config, day.app.store, card, day.clock.at)


def offers(day: Day, start: str = "2026-03-02 12:00", end: str = "2026-03-16 00:00") -> Offers:
    return search(day).offers(when(start), when(end))


def judged(day: Day, at: str) -> Judged:
    return search(day).judge(when(at), offers(day))


def why(day: Day, at: str) -> Why | None:
    found = judged(day, at).refusal
    return found.why if found else FREE


def starts(found: Offers) -> list[str]:
    return [f"{slot.start.astimezone(BERLIN):%a %d %H:%M}" for slot in found.slots]


TIMED = ("DTSTART;TZID=Europe/Berlin:20260304T140000", "DTEND;TZID=Europe/Berlin:20260304T150000")
WHOLE_DAY = ("DTSTART;VALUE=DATE:20260304", "DTEND;VALUE=DATE:20260305")


@pytest.mark.parametrize("name", ["practice", "private"])
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((*TIMED, "SUMMARY:Dentist"), Why.OVERLAPS),
        ((*TIMED, "SUMMARY:CD"), Why.OVERLAPS),
        ((*TIMED, "SUMMARY:Dentist", "STATUS:TENTATIVE"), Why.OVERLAPS),
        ((*TIMED, "SUMMARY:Dentist", "STATUS:CANCELLED"), FREE),
        ((*TIMED, "SUMMARY:Dentist", "TRANSP:TRANSPARENT"), FREE),
        ((*TIMED, "SUMMARY:Dentist", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"), FREE),
        ((*TIMED, "SUMMARY:Canceled: CD"), FREE),
        ((*WHOLE_DAY, "SUMMARY:Holiday"), Why.OVERLAPS),
        ((*WHOLE_DAY, "SUMMARY:Holiday", "TRANSP:TRANSPARENT"), FREE),
        ((TIMED[0], "SUMMARY:Call"), Why.OVERLAPS),
        ((*TIMED, "RRULE:FREQ=DAILY;COUNT=2", "EXDATE;TZID=Europe/Berlin:20260304T140000", "SUMMARY:x"), FREE),
        (("DTSTART;TZID=Europe/Berlin:20260225T140000", "DTEND;TZID=Europe/Berlin:20260225T150000",
          "RRULE:FREQ=WEEKLY", "SUMMARY:CD"), Why.OVERLAPS),
    ],
    ids=["an appointment", "a session", "tentative", "cancelled", "transparent", "free", "cancelled by its title",
         "all day", "all day and transparent", "without an end", "an exception", "a series"],
)  # fmt: skip
def test_what_takes_time_in_a_calendar(
    name: str, lines: tuple[str, ...], expected: Why | None, tmp_path: Path
) -> None:
    day = a_missed_session(tmp_path)
    assert why(day, "2026-03-04 14:00") is FREE
    put(day, name, "there", *lines)
    assert why(day, "2026-03-04 14:00") is expected


def test_an_entry_for_all_day_takes_its_day_and_no_more(tmp_path: Path) -> None:
    nights = TWO + '[practice.hours]\nthu = ["00:00-02:00"]\n'
    day = a_missed_session(tmp_path, config=nights)
    put(day, "private", "there", *WHOLE_DAY, "SUMMARY:Holiday")
    assert why(day, "2026-03-05 00:00") is FREE


@pytest.mark.parametrize(
    ("kind", "expected", "after"),
    [
        ("outOfOffice", Why.AWAY, FREE),
        ("focusTime", Why.OVERLAPS, Why.BUFFER),
        ("workingLocation", FREE, FREE),
        ("birthday", FREE, FREE),
    ],
)
def test_google_s_own_kinds_of_entries(
    kind: str, expected: Why | None, after: Why | None, tmp_path: Path
) -> None:
    day = a_missed_session(tmp_path)
    put(day, "private", "there", *TIMED, "SUMMARY:x")
    with day.app.store.write() as tx:
        tx.connection.exec_driver_sql(f"UPDATE occurrences SET kind = '{kind}' WHERE uid = 'there'")
    assert why(day, "2026-03-04 14:00") is expected
    assert why(day, "2026-03-04 15:00") is after


def test_a_declined_invitation_takes_no_time(tmp_path: Path) -> None:
    config = TWO.replace('name = "private"\n', 'name = "private"\naddresses = ["a@example.org"]\n')
    day = a_missed_session(tmp_path, config=config)
    put(day, "private", "there", *TIMED, "SUMMARY:x", "ATTENDEE;PARTSTAT=DECLINED:mailto:a@example.org")
    assert why(day, "2026-03-04 14:00") is FREE
    put(day, "private", "there", *TIMED, "SUMMARY:x", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.org")
    assert why(day, "2026-03-04 14:00") is Why.OVERLAPS


def test_a_leave_that_was_noted_is_kept_free(tmp_path: Path) -> None:
    day = a_missed_session(tmp_path)
    day.app.away(when("2026-03-03 00:00"), when("2026-03-12 00:00"))
    assert why(day, "2026-03-04 14:00") is Why.AWAY
    assert {start[:6] for start in starts(offers(day))} == {"Mon 02", "Thu 12", "Fri 13"}


def test_a_session_in_two_calendars_counts_once_for_the_day(tmp_path: Path) -> None:
    both = TWO.replace(
        'name = "private"\ntype = "memory"\nsessions = "none"', 'name = "private"\ntype = "memory"'
    )
    day = a_missed_session(tmp_path, config=both)
    for name in ("practice", "private"):
        for hour in (8, 9):
            times = [
                f"{word};TZID=Europe/Berlin:20260304T{hour:02}{minute}00"
                for word, minute in (("DTSTART", "00"), ("DTEND", "45"))
            ]
            put(day, name, f"at{hour}", *times, "SUMMARY:CD")
    assert why(day, "2026-03-04 14:00") is FREE
    put(day, "practice", "third", "DTSTART:20260304T180000Z", "DTEND:20260304T184500Z", "SUMMARY:EF")
    assert why(day, "2026-03-04 14:00") is Why.FULL


def test_travel_is_counted_from_the_place_of_the_missed_session(tmp_path: Path) -> None:
    day = a_missed_session(tmp_path, "LOCATION:Room 2")
    put(day, "private", "there", *TIMED, "SUMMARY:x", "LOCATION:Clinic")
    assert why(day, "2026-03-04 15:10") is Why.TRAVEL
    assert why(day, "2026-03-04 15:40") is FREE


def test_the_usual_time_is_offered_by_its_number_and_is_as_long_as_the_missed_session(tmp_path: Path) -> None:
    day = a_missed_session(tmp_path, "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2")
    found = offers(day)
    assert len(found.slots) == 4
    (usual,) = [slot for slot in found.slots if slot.is_usual]
    assert usual.start == when("2026-03-09 10:00")
    assert {slot.end - slot.start for slot in found.slots} == {timedelta(minutes=50)}
    assert judged(day, "2026-03-09 10:00").number == found.slots.index(usual) + 1
    assert why(day, "2026-03-16 10:00") is Why.OVERLAPS  # the next of the series itself


def test_it_looks_as_far_ahead_as_is_asked_for(tmp_path: Path) -> None:
    day = a_missed_session(tmp_path, "RRULE:FREQ=WEEKLY;INTERVAL=2")
    assert why(day, "2027-03-01 10:00") is Why.OVERLAPS
    far = search(day).offers(when("2027-03-01 00:00"), when("2027-03-02 00:00"))
    assert len(far.slots) == 4 and "Mon 01 10:00" not in starts(far)


def test_nothing_is_offered_in_the_past(tmp_path: Path) -> None:
    day = a_missed_session(tmp_path)
    found = offers(day, "2026-01-01 00:00", "2026-03-02 13:00")
    assert starts(found) == ["Mon 02 11:00", "Mon 02 12:00"]


@pytest.mark.parametrize(
    ("zone", "known"), [("Europe/Berlin", None), ("Europe/Paris", None), ("Europe/London", "Europe/London")]
)
def test_a_client_s_zone_is_known_if_their_session_is_written_in_another_one(
    zone: str, known: str | None, tmp_path: Path
) -> None:
    found = offers(a_missed_session(tmp_path, zone=zone))
    assert (found.wish.client_zone.key if found.wish.client_zone else None) == known


def test_calendars_tell_how_fresh_they_are(tmp_path: Path) -> None:
    day = a_missed_session(tmp_path)
    assert [one.state.value for one in offers(day).calendars] == ["fresh", "fresh"]
    day.clock.at += timedelta(hours=1)
    assert [one.state.value for one in offers(day).calendars] == ["stale", "stale"]
    assert all(isinstance(one.last_good_sync, datetime) for one in offers(day).calendars)


def test_what_was_saved_of_a_calendar_that_is_not_read_yet_is_kept_free(tmp_path: Path) -> None:
    day = a_missed_session(tmp_path)
    put(day, "practice", "there", *TIMED, "SUMMARY:CD")
    with day.app.store.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM calendars WHERE name = 'practice'")
    assert why(day, "2026-03-04 14:00") is Why.OVERLAPS
    assert [one.state.value for one in offers(day).calendars] == ["never_synced", "fresh"]
