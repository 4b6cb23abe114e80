"""Durations, offsets and dates as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.spans import (
    format_duration,
    format_offset,
    local,
    names_day,
    parse_duration,
    parse_moment,
    parse_offset,
    spoken,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # the 3rd in Berlin


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h30m", 5400), ("1d", 86400), ("0m", 0), ("1d2h3m4s", 93784)],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "-5m", "5 m", "1.5h", "15m1h", "99999999999999999d", "1y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration|thirty|has no unit"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=30 * 366 * 86400))
def test_a_printed_duration_reads_as_itself(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(format_duration(span)) == span
    assert parse_offset(format_offset(-span)) == -span


@given(st.integers(min_value=-86400, max_value=86400), st.integers(min_value=-86400, max_value=86400))
def test_two_different_spans_are_never_spoken_alike(one: int, other: int) -> None:
    if abs(one) != abs(other):
        assert spoken(timedelta(seconds=one)) != spoken(timedelta(seconds=other))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-03-03T00:00:00+01:00"),
        ("tomorrow", "2026-03-04T00:00:00+01:00"),
        ("+7d", "2026-03-10T00:00:00+01:00"),
        ("-3d", "2026-02-28T00:00:00+01:00"),
        ("2026-03-29", "2026-03-29T00:00:00+01:00"),
        ("2026-03-30", "2026-03-30T00:00:00+02:00"),
        ("2026-03-02T14:00", "2026-03-02T14:00:00+01:00"),
        ("14:00", "2026-03-03T14:00:00+01:00"),
        ("2026-03-02 14:00", "2026-03-02T14:00:00+01:00"),
        ("2026-03-02T14:00+00:00", "2026-03-02T15:00:00+01:00"),
    ],
)
def test_a_moment_is_read_in_the_therapists_zone(text: str, expected: str) -> None:
    assert parse_moment(text, NOW, BERLIN).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("+1h", timedelta(hours=1)),
        ("-1h30m", timedelta(minutes=-90)),
        ("+90s", timedelta(seconds=90)),
        ("+1d2h", timedelta(hours=26)),
    ],
)
def test_a_span_is_counted_from_now_on(text: str, span: timedelta) -> None:
    evening_before_the_clocks_change = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    for now in (NOW, evening_before_the_clocks_change):
        found = parse_moment(text, now, BERLIN)
        assert found == now + span
        assert found.tzinfo is BERLIN
        assert not names_day(text)


@pytest.mark.parametrize(
    "text", ["", "yesterday-ish", "2026-02-30", "+d", "25:00", "14", "7d", "1h", "+h", "+1h1h", "+99999999d"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no date or time"):
        parse_moment(text, NOW, BERLIN)


def test_a_local_time_that_the_spring_change_skips_is_the_instant_after_it() -> None:
    assert local(date(2026, 3, 29), time(2, 30), BERLIN).isoformat() == "2026-03-29T03:30:00+02:00"


def test_a_number_alone_gets_its_unit_suggested() -> None:
    with pytest.raises(ValueError, match='has no unit; for minutes write "10m"'):
        parse_duration("10")


@pytest.mark.parametrize(
    "text", ["today", "tomorrow", "+7d", "-1d", "2026-03-04", "20260304", " 2026-W10-3 "]
)
def test_a_day_names_no_time(text: str) -> None:
    assert names_day(text)
    assert parse_moment(text, NOW, BERLIN).time() == time()


@pytest.mark.parametrize(
    "text", ["now", "14:00", "2026-03-04T00:00", "20260304T15", "2026-03-04 15:00", "never"]
)
def test_a_time_does(text: str) -> None:
    assert not names_day(text)
