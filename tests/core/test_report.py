"""What a report says, and what it does not say: nothing on fewer than five."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kepthour.core.report.findings import Findings, Material, Missed, Punctuality, findings
from kepthour.core.report.groups import By, Change, Gap, Part, part
from kepthour.core.report.past import COUNTED, Delivered, Past, stands
from kepthour.core.report.patterns import FEWEST
from kepthour.core.report.rungs import RungUse, rungs
from kepthour.core.report.sections import Section
from kepthour.core.report.spread import Bin, binned, spread
from kepthour.core.report.telling import sections
from kepthour.core.verdict import Because, Verdict
from tests.support.past_year import ZONE

_MONDAY = datetime(2026, 3, 2, 10, tzinfo=ZONE)
_MINUTE = timedelta(minutes=1)


def _past(number: int, verdict: Verdict | None = Verdict.ON_TIME, **facts: object) -> Past:
    plain = Past(_MONDAY + timedelta(days=number), "practice", None, 1, verdict=verdict)
    return replace(plain, **facts)  # type: ignore[arg-type]


def _of(sessions: Sequence[Past], **more: object) -> Findings:
    plain = Material(_MONDAY, _MONDAY + timedelta(days=365), sessions)
    return findings(replace(plain, **more))  # type: ignore[arg-type]


def _section(found: Findings, key: str) -> Section:
    return next(one for one in sections(found) if one.key == key)


def test_of_whom_is_known_what_is_counted() -> None:
    some = [
        *(_past(number) for number in range(4)),
        _past(4, near=True),
        _past(5, Verdict.NEAR_MISS, near=True),
        _past(6, Verdict.LATE, near=True),
        _past(7, Verdict.MISSED),
        _past(8, Verdict.SUSPECTED_MISS),
        _past(9, Verdict.UNKNOWN, because=Because.DAEMON_GAP),
        _past(10, Verdict.CLIENT_NO_SHOW),
        _past(11, Verdict.COVERED),
        _past(12, None),
    ]
    found = _of(some)
    assert found.punctuality == Punctuality(on_time=6, narrowly=2, late=1, missed=1)
    assert found.others == {Verdict.CLIENT_NO_SHOW: 1, Verdict.COVERED: 1}
    unknown = found.unknown
    assert (unknown.because, unknown.suspected, unknown.open) == ({Because.DAEMON_GAP: 1}, 1, 1)
    assert (found.compared.near, found.compared.missed, found.compared.sessions) == (3, 1, 8)


def test_unknown_ones_alone_say_nothing_of_anybody() -> None:
    found = _of([_past(number, Verdict.UNKNOWN, because=Because.CALENDAR_STALE) for number in range(50)])
    assert (found.punctuality, found.patterns, found.compared.sessions) == (None, (), 0)
    said = _section(found, "unknown")
    assert said.says == ("None of this is counted for you or against you.",)
    assert said.table is not None
    assert said.table.rows == (("unknown: the calendar was not up to date", "50"),)


def test_that_all_is_known_is_said_of_those_that_are_counted() -> None:
    (said,) = _section(_of([_past(number, Verdict.ON_TIME) for number in range(9)]), "unknown").says
    assert said.startswith("Of each session that is counted here it is known")


@pytest.mark.parametrize("key", ["punctuality", "patterns", "rungs", "after", "alarms"])
def test_of_four_sessions_nothing_is_said(key: str) -> None:
    ladder = (Delivered("-5m", -5 * _MINUTE, _MONDAY),)
    four = [_past(number, Verdict.LATE, near=True, ladder=ladder, first_sign=_MONDAY) for number in range(4)]
    said = _section(_of(four, notices=[3, 3, 3, 3]), key)
    assert said.table is None
    assert any("nothing is said" in sentence for sentence in said.says)
    assert not re.search(r"\d", " ".join(said.says).replace("of 100 reports", ""))


_MOSTLY_KNOWN = st.sampled_from([*COUNTED, *Verdict])
_ROWS = st.tuples(st.integers(0, 400), _MOSTLY_KNOWN, st.integers(0, 3), st.booleans())


@given(st.one_of(st.lists(_ROWS, max_size=8), st.lists(_ROWS, min_size=8, max_size=40)))
@settings(max_examples=60)
def test_no_group_of_fewer_than_five_has_numbers(rows: list[tuple[int, Verdict, int, bool]]) -> None:
    some = [
        _past(day, verdict, calendar=f"calendar {calendar}", near=near or verdict is Verdict.LATE)
        for day, verdict, calendar, near in rows
    ]
    found = _of(some, notices=[len(rows)])
    assert found.punctuality is None or found.punctuality.counted >= FEWEST
    for pattern in found.patterns:
        assert min(pattern.here.narrow, pattern.here.sessions, pattern.elsewhere.sessions) >= FEWEST
    for section in sections(found):
        if section.key not in set(By) or section.table is None:
            continue
        for _name, size, near, missed, share in section.table.rows:
            if int(size) < FEWEST:
                assert (near, missed, share) == ("", "", "fewer than five: nothing is said")
        if section.bars is not None:
            enough = [row for row in section.table.rows if int(row[1]) >= FEWEST]
            assert len(section.bars.labels) == len(enough)


@given(st.lists(st.integers(0, 80), max_size=60))
def test_a_bin_holds_five_at_least_and_none_is_lost(numbers: list[int]) -> None:
    found = binned(numbers)
    if len(numbers) < FEWEST:
        assert found == ()
        return
    assert sum(one.count for one in found) == len(numbers)
    assert all(one.count >= FEWEST for one in found)
    assert all(before.high + 1 == after.low for before, after in pairwise(found))
    for one in found:
        assert one.count == sum(one.low <= number <= one.high for number in numbers)


def test_few_bins_for_many_numbers() -> None:
    assert binned([1] * 5 + [2] * 5) == (Bin(1, 1, 5), Bin(2, 2, 5))
    assert len(binned(list(range(500)))) <= 12


def test_a_spread_is_of_five_at_least() -> None:
    assert spread([1, 2, 3, 4]) is None
    found = spread([1, 2, 3, 4, 100])
    assert found is not None
    assert (found.n, found.least, found.median, found.most) == (5, 1, 3, 100)
    assert found.ninth_decile == pytest.approx(61.6)


def _reminded(number: int, sign: int | None, arrived: int | None, *offsets: int) -> Past:
    """`sign`, `arrived` and `offsets` in minutes from the start."""
    start = (_MONDAY + timedelta(days=number)).astimezone(UTC)
    ladder = tuple(Delivered(f"{one:+d}m", one * _MINUTE, start + one * _MINUTE) for one in offsets)
    at = [start + one * _MINUTE if one is not None else None for one in (sign, arrived)]
    return _past(number, ladder=ladder, first_sign=at[0], arrived=at[1])


def test_which_rung_was_the_last_before_a_sign_and_which_one_worked() -> None:
    some = [
        *(_reminded(number, -14, 1, -15, -5, 0) for number in range(5)),
        *(_reminded(number, -4, -4, -15, -5) for number in range(5, 8)),
        _reminded(8, -30, -30),
        _reminded(9, None, None, -15, -5, 0, 5),
    ]
    found = rungs(some)
    assert found is not None
    assert (found.signs, found.arrivals, found.sign_unprompted, found.arrival_unprompted) == (9, 9, 1, 1)
    assert found.uses == (
        RungUse("-15m", 9, 5, 0),
        RungUse("-5m", 9, 3, 3),
        RungUse("+0m", 6, 0, 5),
    )


def test_seldom_rungs_are_told_together_or_not_at_all() -> None:
    often = [_reminded(number, -4, -4, -5) for number in range(5)]
    seldom = [_reminded(number, -1, -1, -5, -number) for number in (2, 3)]
    found = rungs(often + seldom)
    assert found is not None
    assert [one.rung for one in found.uses] == ["-5m"]
    more = [_reminded(10 + number, -1, -1, -5, -number) for number in (2, 3, 4)]
    found = rungs(often + seldom + more)
    assert found is not None
    assert found.uses[-1] == RungUse(None, 5, 5, 5)


def test_a_session_with_five_seldom_rungs_is_one_session() -> None:
    often = [_reminded(number, -4, -4, -5) for number in range(5)]
    found = rungs([*often, _reminded(5, 6, 6, -5, 1, 2, 3, 4, 5)])
    assert found is not None
    assert [one.rung for one in found.uses] == ["-5m"]


def test_a_rung_that_came_with_the_sign_was_not_before_it() -> None:
    found = rungs([_reminded(number, 0, 0, -5, 0) for number in range(5)])
    assert found is not None
    assert found.uses == (RungUse("-5m", 5, 5, 5), RungUse("+0m", 5, 0, 0))


def test_how_long_it_took_is_told_from_five_on() -> None:
    five = [
        Missed(_MONDAY, _MONDAY + number * _MINUTE, _MONDAY + timedelta(days=number))
        for number in range(10, 15)
    ]
    found = _of([], missed=five)
    assert found.first_contact is not None and found.made_up is not None
    assert (found.first_contact.median, found.made_up.median) == (12, 12)
    found = _of([], missed=[*five[:4], Missed(_MONDAY), Missed(_MONDAY)])
    assert (found.missed, found.contacted, found.first_contact, found.made_up) == (6, 4, None, None)


def test_how_a_session_stands_in_its_day() -> None:
    def at(clock: str, minutes: int = 50) -> tuple[datetime, datetime]:
        start = datetime.fromisoformat(f"2026-03-02T{clock}").replace(tzinfo=ZONE)
        return start, start + minutes * _MINUTE

    spans = [
        at("09:00"),
        at("10:00"),
        at("10:00", 25),
        at("11:01"),
        at("14:00", 120),
        at("15:00"),
        at("16:05"),
    ]
    found = stands(spans, ZONE)
    told = {f"{start:%H:%M}": (one.gap and one.gap / _MINUTE, one.in_a_row) for start, one in found.items()}
    assert told == {
        "09:00": (None, 1),
        "10:00": (10, 2),
        "11:01": (11, 1),
        "14:00": (129, 1),
        "15:00": (-60, 2),
        "16:05": (5, 3),
    }


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (None, Gap.FIRST), (-5, Gap.NONE), (10, Gap.NONE), (10.5, Gap.SHORT), (30, Gap.SHORT), (31, Gap.MIDDLE),
        (89, Gap.MIDDLE), (90, Gap.LONG),
    ],
)  # fmt: skip
def test_gaps_by_their_length(minutes: float | None, expected: Gap) -> None:
    gap = minutes * _MINUTE if minutes is not None else None
    assert part(_past(0, gap=gap), By.GAP) == Part(By.GAP, expected)


def test_a_restored_session_counts_as_restored_wherever_it_went() -> None:
    assert part(_past(0, moved=True, restored=True), By.CHANGE) == Part(By.CHANGE, Change.RESTORED)


def test_the_hour_and_the_weekday_are_local() -> None:
    late = replace(_past(0), start=datetime(2026, 3, 2, 0, 30, tzinfo=ZONE))
    assert part(late, By.WEEKDAY).value == "monday"
    assert part(late, By.HOUR).value == "00"
