"""What is stated of a year: what was planted in it, and nothing of a year in which nothing was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kepthour.core.report.findings import Material, findings
from kepthour.core.report.groups import By, Change, Gap, Group, Part
from kepthour.core.report.past import Past
from kepthour.core.report.patterns import FEWEST, patterns
from kepthour.core.verdict import Because, Verdict
from tests.support.past_year import ENDS, FEED, MOVED, PLANTED, TUESDAY_AFTER_LUNCH, ZONE, year

# Of a year without any pattern one in a hundred may state one. These seeds are fixed; over 1,000 others see
# docs/decisions/0029-report.md.
QUIET = range(1000, 1015)
LOUD = range(2000, 2006)


def _of(seed: int, planted: Iterable[Group] = ()) -> list[Past]:
    return [one.past for one in year(seed, {group: PLANTED[group] for group in planted})]


def test_a_year_without_patterns_shows_none() -> None:
    assert {seed: found for seed in QUIET if (found := patterns(_of(seed)))} == {}


def test_all_that_was_planted_is_found_and_nothing_else() -> None:
    found = {seed: {one.group for one in patterns(_of(seed, PLANTED))} for seed in LOUD}
    assert found == {seed: set(PLANTED) for seed in LOUD}


@pytest.mark.parametrize("planted", PLANTED)
def test_one_that_was_planted_alone_is_found_alone(planted: Group) -> None:
    (found,) = patterns(_of(8, [planted]))
    assert found.group == planted
    assert found.p_corrected == pytest.approx(found.p * found.compared)


def test_the_shadow_of_a_pattern_is_not_stated_too() -> None:
    # Half of all Tuesdays after lunch: so more than elsewhere on Tuesdays, after long gaps, at two and at three.
    (found,) = patterns(_of(7, [TUESDAY_AFTER_LUNCH]))
    rows = findings(Material(ENDS, ENDS, _of(7, [TUESDAY_AFTER_LUNCH]))).rows[By.WEEKDAY]
    share = {row.part.value: row.tally.narrow / row.tally.sessions for row in rows}
    assert share["tuesday"] > 1.5 * share["monday"]
    assert found.group == TUESDAY_AFTER_LUNCH


def _plain(day: int, hour: int, **facts: object) -> Past:
    start = datetime(2025, 3, 3, hour, tzinfo=ZONE) + timedelta(days=day)
    plain = Past(start, "practice", None, 1, verdict=Verdict.ON_TIME, because=Because.CHECKED_IN)
    return replace(plain, **facts)  # type: ignore[arg-type]


def _many(count: int = 200) -> list[Past]:
    return [_plain(day, 9 + day % 3) for day in range(count)]


def _moved(cases: int, days: int) -> list[Past]:
    return [
        _plain(300 + number % days, 9 + number // days, moved=True, verdict=Verdict.MISSED)
        for number in range(cases)
    ]


@pytest.mark.parametrize(("cases", "stated"), [(FEWEST - 1, False), (FEWEST, True)])
def test_a_pattern_rests_on_five_sessions_at_least(cases: int, stated: bool) -> None:
    found = patterns(_many() + _moved(cases, cases))
    assert [one.group for one in found] == ([MOVED] if stated else [])


@pytest.mark.parametrize(("others", "stated"), [(FEWEST - 1, False), (FEWEST, True)])
def test_of_the_others_too_there_are_five_at_least(others: int, stated: bool) -> None:
    found = patterns(_many(others) + _moved(100, 100))
    assert ({one.group for one in found} == {MOVED}) is stated


def test_one_bad_day_is_no_pattern() -> None:
    found = patterns(_many() + _moved(7, 1))
    assert found == []


def test_groups_that_hold_the_same_sessions_are_told_together() -> None:
    some = [_plain(7 * week + 1, 14, gap=timedelta(hours=3), near=week % 2 == 0) for week in range(30)]
    others = [_plain(day, hour) for day in range(0, 200) if day % 7 != 1 for hour in (9, 10)]
    (found,) = patterns(some + others)
    told = {found.group, *found.alike}
    assert (Part(By.HOUR, "14"),) in told
    assert (Part(By.GAP, Gap.LONG),) in told
    assert (Part(By.WEEKDAY, "tuesday"),) in told
    assert len(found.group) == 1


def test_fewer_than_elsewhere_is_no_pattern() -> None:
    prompt = [_plain(day, 9, restored=True) for day in range(100)]
    narrow = [_plain(day, 12, near=True) for day in range(50)] + [_plain(day, 12) for day in range(50, 100)]
    stated = [one.group for one in patterns(prompt + narrow)]
    assert (Part(By.CHANGE, Change.RESTORED),) not in stated
    assert (Part(By.HOUR, "12"),) in {
        *stated,
        *(one for found in patterns(prompt + narrow) for one in found.alike),
    }


def test_what_is_not_known_counts_for_neither_side() -> None:
    unknown = [
        _plain(400 + day, 9, moved=True, verdict=verdict, near=near)
        for day in range(50)
        for verdict, near in (
            (Verdict.UNKNOWN, False),
            (Verdict.SUSPECTED_MISS, False),
            (Verdict.ON_TIME, None),
        )
    ]
    found = patterns(_many() + unknown + _moved(5, 5))
    assert [(one.group, one.here.sessions) for one in found] == [(MOVED, 5)]


def test_the_order_of_the_sessions_changes_nothing() -> None:
    some = _of(3, [MOVED, FEED])
    assert [one.group for one in patterns(some)] == [one.group for one in patterns(some[::-1])]
