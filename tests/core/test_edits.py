"""What is stored so that an edit can be told later, and how many edits at once a person may have made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.edits import Edit, edits, rewritten
from kepthour.core.privacy import Phi
from kepthour.core.reading.digest import Held, Reader, expanded, reduced
from tests.support.calendars import calendar, event

TEN = datetime(2026, 3, 2, 9, tzinfo=UTC)  # in Berlin
READER, MARKING = Reader((), ()), Reader((), (), marks=True)
NOTE = "DESCRIPTION:a word that nobody else may read"


def held(*more: str, href: str = "a", reader: Reader = MARKING, series: str | None = None) -> Held:
    text = calendar(event("a", "AB", "20260302T100000", "20260302T105000", *more))
    return reduced(reader, href, "1", text, series)


def occurring(one: Held) -> list[Held]:
    return expanded([one], UTC, TEN - timedelta(days=1), TEN + timedelta(days=1))


def test_without_edits_as_evidence_nothing_more_is_stored() -> None:
    kept = held(NOTE, "LAST-MODIFIED:20260302T090000Z", reader=READER).payload.reveal()
    assert "LAST-MODIFIED" not in kept
    assert "X-KEPTHOUR-MARK" not in kept


def test_with_them_a_mark_is_stored_and_not_what_is_written() -> None:
    kept = held(NOTE).payload.reveal()
    assert "X-KEPTHOUR-MARK" in kept
    assert "nobody else" not in kept


def test_a_calendar_cannot_bring_its_own_mark() -> None:
    one, other = (held(f"X-KEPTHOUR-MARK:{word}") for word in ("x", "y"))
    assert one.payload.reveal() == other.payload.reveal()


@pytest.mark.parametrize(
    ("line", "is_content"),
    [
        ("DESCRIPTION:Paid", True), ("LOCATION:Room 2", True), ("URL:https://zoom.us/j/1", True),
        ("CATEGORIES:Blue", True), ("CLASS:PRIVATE", True), ("TRANSP:TRANSPARENT", True), ("COLOR:tomato", True),
        ("LAST-MODIFIED:20260302T090000Z", False), ("SEQUENCE:3", False), ("STATUS:TENTATIVE", False),
        ("ATTENDEE;PARTSTAT=ACCEPTED:urn:guest", False), ("COMMENT:I shall come", False), ("RRULE:FREQ=WEEKLY", False),
        ("EXDATE;TZID=Europe/Berlin:20260309T100000", False), ("X-MOZ-LASTACK:20260302T090000Z", False),
    ],
)  # fmt: skip
def test_what_a_person_writes_is_content_and_what_comes_by_itself_is_not(line: str, is_content: bool) -> None:
    before = occurring(held("DTSTAMP:20260101T000000Z"))
    after = occurring(held("DTSTAMP:20260101T000000Z", line))
    found = edits(before, after, TEN, TEN + timedelta(minutes=4), dated=False)
    assert bool(found) == is_content


def test_white_space_that_a_server_changes_is_no_content() -> None:
    before, after = held("DESCRIPTION:One  two\\n"), held("DESCRIPTION:One two")
    assert edits(occurring(before), occurring(after), TEN, TEN, dated=False) == []


def test_when_it_was_says_its_new_stamp_else_the_polls_around_it() -> None:
    old, new = "LAST-MODIFIED:20260101T000000Z", "LAST-MODIFIED:20260302T090300Z"
    last, now = TEN - timedelta(minutes=1), TEN + timedelta(minutes=4)

    def found(before: str, after: str, *, dated: bool = True) -> Edit:
        one, other = occurring(held("DESCRIPTION:a", before)), occurring(held("DESCRIPTION:b", after))
        (edit,) = edits(one, other, last, now, dated=dated)
        return edit

    exactly = TEN + timedelta(minutes=3)
    assert (found(old, new).since, found(old, new).until) == (exactly, exactly)
    for edit in (
        found(old, old),
        found(old, new, dated=False),
        found(old, "LAST-MODIFIED:20260303T090000Z"),  # a clock that is wrong
        found(old, "LAST-MODIFIED:20260302T090300"),  # of no zone
        found("X-A:1", "X-A:2"),
    ):
        assert (edit.since, edit.until) == (last, now)


@pytest.mark.parametrize(
    "value",
    [
        ":2026-03-02T09:00:00Z", ":20260302T240000Z", ":x", ";VALUE=PERIOD:20260302T090000Z", ":20260302T090000z",
        ";TZID=Pacific/Auckland:00010101T000000", ";TZID=America/New_York:99991231T230000",
    ],
)  # fmt: skip
@pytest.mark.parametrize("line", ["", "EXDATE:20260309T100000"])
def test_a_stamp_that_cannot_be_read_costs_no_session(value: str, line: str) -> None:
    (one,) = occurring(held(f"LAST-MODIFIED{value}", *([line] if line else [])))
    (occurrence,) = one.occurrences
    assert (occurrence.start, occurrence.stamp) == (TEN, None)


def resources(count: int, text: str, *, series: str | None = None) -> list[Held]:
    return [Held(f"{number}", "1", Phi(text), series) for number in range(count)]


@pytest.mark.parametrize(
    ("came", "known", "counts"),
    [(1, 2, True), (1, 1, False), (3, 6, True), (3, 5, False), (3, 100, True), (4, 100, False)],
)
def test_three_at_once_and_half_of_all_are_the_most_that_a_person_edits(
    came: int, known: int, counts: bool
) -> None:
    found = rewritten(resources(came, "SUMMARY:a"), resources(came, "SUMMARY:b"), known)
    assert (len(found.series) == came, found.dated) == (counts, counts)


def test_a_series_in_pieces_is_one() -> None:
    before, after = (resources(9, f"SUMMARY:{word}", series="s") for word in "ab")
    assert rewritten(before, after, 20).series == {"s"}


def test_stamps_are_no_content_and_where_many_came_they_say_nothing() -> None:
    def stamped(count: int, stamp: int) -> list[Held]:
        return resources(
            count, f"DTSTAMP:{stamp}\r\nLAST-MODIFIED:{stamp}\r\nSEQUENCE:{stamp}\r\nSUMMARY:a\r\n"
        )

    assert not rewritten(stamped(1, 1), stamped(1, 2), 100).series
    one_of_many = [*resources(1, "SUMMARY:b\r\n"), *stamped(9, 2)[1:]]
    found = rewritten(stamped(9, 1), one_of_many, 100)
    assert (found.series, found.dated) == ({"0"}, False)


def test_what_is_new_is_no_edit() -> None:
    assert not rewritten([], resources(1, "SUMMARY:a"), 100).series
