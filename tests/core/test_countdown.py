"""What a notice that stays will say later: the same words, for the minutes that are left then."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from kepthour.core.countdown import minutes
from kepthour.core.ladder import Urgency
from kepthour.core.notice import Notice
from kepthour.core.words.text import Show
from tests.support.rungs import START, rung

MINUTE = timedelta(minutes=1)


def title_at(notice: Notice, offset: timedelta) -> str:
    return notice.as_of(START + offset).title


@pytest.mark.parametrize(
    ("offset", "title"),
    [
        (timedelta(minutes=-5), "Session at 14:00 starts in 5 min"),
        (timedelta(minutes=-4, seconds=-1), "Session at 14:00 starts in 5 min"),
        (timedelta(minutes=-4), "Session at 14:00 starts in 4 min"),
        (timedelta(minutes=-1, seconds=30), "Session at 14:00 starts in 1 min"),
        (timedelta(), "Session at 14:00 starts now"),
        (timedelta(minutes=2, seconds=59), "Session at 14:00 began 2 min ago"),
        (timedelta(minutes=29), "Session at 14:00 began 29 min ago"),
        (timedelta(minutes=45), "Session at 14:00 began 29 min ago"),
    ],
)
def test_a_notice_reads_right_at_any_later_time(offset: timedelta, title: str) -> None:
    assert title_at(rung(-5, Urgency.HIGH), offset) == title


@pytest.mark.parametrize("offset", [-5, -1, 0, 1, 5])
def test_it_says_what_a_rung_at_that_minute_would_say(offset: int) -> None:
    notice = rung(-10, Urgency.HIGH, show=Show.ALIAS).as_of(START + offset * MINUTE)
    then = rung(offset, show=Show.ALIAS)
    assert (notice.title, notice.text) == (then.title, then.text)


def test_after_a_promise_to_be_late_it_counts_from_the_time_that_was_promised() -> None:
    promised = START + 10 * MINUTE
    assert title_at(rung(5, announced=promised), 8 * MINUTE) == "Session at 14:10 starts in 2 min"


@pytest.mark.parametrize("urgency", [Urgency.NORMAL, Urgency.PASSIVE])
def test_what_fades_says_nothing_later_and_insists_on_nothing(urgency: Urgency) -> None:
    notice = rung(-15, urgency, insists=True)
    assert (notice.later, notice.insists) == ((), False)


@pytest.mark.parametrize("insists", [True, False])
def test_what_stays_insists_if_that_is_configured(insists: bool) -> None:
    assert rung(-5, insists=insists).insists is insists


@pytest.mark.parametrize(
    ("seconds", "first"),
    [(-300, -240), (-270, -240), (-259, -180), (-5, 60), (0, 60), (45, 120), (-2 * 86400, -3600)],
)
def test_the_first_later_minute_is_whole_and_not_too_soon(seconds: int, first: int) -> None:
    found = minutes(START, START + 50 * MINUTE, START + timedelta(seconds=seconds))
    assert (found[0] - START).total_seconds() == first
    assert {later - earlier for earlier, later in pairwise(found)} == {MINUTE}


def test_it_ends_with_the_session() -> None:
    assert minutes(START, START + 10 * MINUTE, START)[-1] == START + 9 * MINUTE
    assert minutes(START, START + 10 * MINUTE, START + 11 * MINUTE) == []
