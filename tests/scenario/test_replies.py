"""The question about one session, answered with a button of its notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kepthour.core.errors import NeedsPerson
from kepthour.core.notice import Key, Notice
from kepthour.core.response import Kind
from kepthour.core.trail import What, Who
from kepthour.core.verdict import Because, Verdict
from kepthour.ports import Answer
from kepthour.store import history, sessions, trail
from kepthour.store.cards import CardState
from tests.support.day import CONFIG, Day, a_morning, when

TWO_CHANNELS = CONFIG + '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'
SWEPT = CONFIG.replace("[sweep]\nenabled = false\n", "")
FOUR = [Key.HELD, Key.WAS_LATE, Key.NO_SHOW, Key.MISSED]


@pytest.fixture
async def day(tmp_path: Path) -> Day:
    """A session at ten to which nobody checked in, asked about on the screen and then on the phone."""
    made = a_morning(tmp_path, TWO_CHANNELS)
    await made.until("2026-03-02 10:21")
    return made


def asked(day: Day, channel: str = "screen") -> Notice:
    """What asks there now."""
    (notice,) = day.channels[channel].open_notices.values()
    return notice


def press(day: Day, key: Key, notice: Notice, channel: str = "screen") -> None:
    answered = day.channels[channel].answered
    assert answered is not None
    answered(Answer(notice.delivery, notice.subject, key, channel))


def settle(day: Day, verdict: Verdict) -> None:
    day.app.settle(day.only().session.id, verdict, None)


def verdicts(day: Day) -> list[tuple[Verdict, str]]:
    """Every version, and who said it."""
    with day.app.store.read() as tx:
        return [(said.verdict, said.by) for said in history.of_session(tx, day.only().session.id)]


@pytest.mark.parametrize(
    ("key", "verdict", "card"),
    [
        (Key.HELD, Verdict.ON_TIME, CardState.CLOSED),
        (Key.WAS_LATE, Verdict.LATE, CardState.OPEN),
        (Key.NO_SHOW, Verdict.CLIENT_NO_SHOW, CardState.CLOSED),
        (Key.MISSED, Verdict.MISSED, CardState.OPEN),
    ],
)
async def test_each_answer_settles_the_session(day: Day, key: Key, verdict: Verdict, card: CardState) -> None:
    assert [action.key for action in asked(day).actions] == FOUR
    press(day, key, asked(day))
    assert day.only().verdict is verdict
    assert [one.state for one in day.cards()] == [card]


async def test_an_answer_takes_the_question_away_everywhere(day: Day) -> None:
    press(day, Key.HELD, asked(day, "phone"), "phone")
    await day.until("2026-03-02 10:22")
    assert [channel.open_notices for channel in day.channels.values()] == [{}, {}]


async def test_it_is_noted_who_answered_where(day: Day) -> None:
    press(day, Key.NO_SHOW, asked(day, "phone"), "phone")
    with day.app.store.read() as tx:
        changes = trail.of_session(tx, day.only().session.id)
        row = sessions.get(tx, day.only().session.id)
    assert row is not None
    assert (row.because, row.decided_by) == (Because.SAID, "therapist")
    replied = next(one for one in changes if one.what is What.REPLIED)
    assert (replied.by, replied.why, replied.about) == (Who.THERAPIST, "client_no_show", "phone")


async def test_twice_changes_nothing(day: Day) -> None:
    question = asked(day)
    press(day, Key.HELD, question)
    press(day, Key.HELD, question)
    assert verdicts(day)[1:] == [(Verdict.ON_TIME, "therapist")]


SAID: dict[str, Callable[[Day], None]] = {
    "settled": lambda day: settle(day, Verdict.MISSED),
    "settled as unknown, for good": lambda day: settle(day, Verdict.UNKNOWN),
    "checked in": lambda day: day.answer(Kind.HERE, session=day.only().session.id),
    "answered with another button": lambda day: press(day, Key.MISSED, asked(day, "phone"), "phone"),
}


@pytest.mark.parametrize("say", SAID.values(), ids=SAID)
async def test_what_was_said_since_stays_said(day: Day, say: Callable[[Day], None]) -> None:
    question = asked(day)
    say(day)
    before = verdicts(day)
    with pytest.raises(NeedsPerson, match="since it was asked about"):
        press(day, Key.HELD, question)
    assert verdicts(day) == before


async def test_an_answer_that_comes_late_counts_from_when_it_was_given(day: Day) -> None:
    question = asked(day)
    await day.until("2026-03-02 11:30")
    given = when("2026-03-02 10:25")
    day.app.reply(Answer(question.delivery, question.subject, Key.HELD, "phone"), given)
    with day.app.store.read() as tx:
        row = sessions.get(tx, question.subject)
    assert row is not None
    assert (row.verdict, row.decided_at) == (Verdict.ON_TIME, given)


async def test_an_answer_to_the_question_of_an_earlier_start_does_nothing(day: Day) -> None:
    question = asked(day)
    day.put("one", "2026-03-02T11:30:00")
    day.sync()
    with pytest.raises(NeedsPerson, match="another start"):
        press(day, Key.MISSED, question)
    assert day.only().verdict is None


async def test_an_answer_to_the_question_about_a_session_that_was_cancelled_since_does_nothing(
    day: Day,
) -> None:
    question = asked(day)
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")
    day.sync()
    with pytest.raises(NeedsPerson):
        press(day, Key.MISSED, question)
    assert day.only().verdict is None


@pytest.mark.parametrize("delivery", ["0", "none", "99999"])
async def test_an_answer_to_no_question_that_is_known_does_nothing(day: Day, delivery: str) -> None:
    with pytest.raises(NeedsPerson, match="another start"):
        press(day, Key.HELD, replace(asked(day), delivery=delivery))
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_an_answer_to_a_reminder_is_none_to_a_question(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:01")
    with pytest.raises(NeedsPerson, match="another start"):
        press(day, Key.HELD, asked(day))
    assert day.only().verdict is None


async def test_a_session_under_another_id_is_the_one_that_was_asked_about(day: Day) -> None:
    question = asked(day)
    day.calendar.delete("one.ics")
    day.put("another id", "2026-03-02T10:00:00")
    day.sync()
    assert day.only().session.id != question.subject
    press(day, Key.NO_SHOW, question)
    assert day.only().verdict is Verdict.CLIENT_NO_SHOW


async def test_the_sweep_after_a_session_takes_the_same_answers(tmp_path: Path) -> None:
    day = a_morning(tmp_path, SWEPT)
    await day.until("2026-03-02 11:01")
    assert asked(day).rung == "sweep"
    assert [action.key for action in asked(day).actions] == FOUR
    press(day, Key.HELD, asked(day))
    await day.until("2026-03-02 21:00")
    assert day.only().verdict is Verdict.ON_TIME
    assert day.screen.open_notices == {}
    assert [rung for _at, rung in day.rungs_since("11:01")] == []


async def test_what_asks_about_several_or_about_a_day_has_no_buttons(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", SWEPT)
    day.put("one", "2026-03-02T10:00:00")
    day.put("two", "2026-03-02T12:00:00")
    day.sync()
    await day.until("2026-03-02 08:31")
    day.sleep_until("2026-03-02 17:00")
    await day.until("2026-03-02 20:30")
    assert [(notice.rung, notice.actions) for notice in day.notices()] == [("question", ()), ("sweep", ())]
    assert all(notice.text.endswith("kepthour sweep") for notice in day.notices())


@pytest.mark.parametrize("config", [CONFIG, SWEPT], ids=["the question", "the sweep"])
async def test_what_asks_is_shown_again_after_a_restart_so_that_its_buttons_work(
    tmp_path: Path, config: str
) -> None:
    day = a_morning(tmp_path, config)
    await day.until("2026-03-02 11:30")
    question = asked(day)
    before = len(day.notices())
    await day.restart()
    assert [notice.delivery for notice in day.notices()[before:]] == [question.delivery]
