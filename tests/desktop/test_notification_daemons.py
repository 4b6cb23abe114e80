"""What the desktop channel promises, on each of Debian's three notification daemons."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from kepthour.core.ladder import Urgency
from kepthour.core.words.text import Show
from kepthour.languages import languages, tongue
from kepthour.ports import Action, Answer, ChannelFailed, Key, Notice, Recallable
from tests.support.desktop import missing_programs
from tests.support.fixtures import require
from tests.support.rungs import question
from tests.support.servers import SERVERS, Dunst, Gnome, Server, Xfce
from tests.support.stage import OTHER, Stage

pytestmark = pytest.mark.desktop

NOTICE = Notice(
    delivery="7", subject="abc", rung="-5m", urgency=Urgency.HIGH, title="Session at 14:00 starts in 5 min",
    text="50 min, video. Join now, or say “I'm here”.", start=None, end=None, stays=True,
    actions=(Action(Key.JOIN, "Join"), Action(Key.HERE, "I'm here"), Action(Key.ACK, "On my way")),
)  # fmt: skip
LATER = replace(NOTICE, delivery="8", rung="-1m", title="Session at 14:00 starts in 1 min")
CALM = replace(NOTICE, urgency=Urgency.NORMAL, stays=False)
HERE = Answer("7", "abc", Key.HERE, "desktop")
WHOLE = 40  # pixels: so wide is a button of which nothing is cut off
EXPIRED, DISMISSED, TAKEN_BACK = 1, 2, 3


def kind_of(server: type[Server]) -> str:
    return server.name


async def test_a_notice_appears(stage: Stage) -> None:
    await stage.send(NOTICE)
    await stage.sees(NOTICE.title)


async def test_a_later_notice_takes_its_place_and_is_no_second_one(stage: Stage) -> None:
    first = await stage.send(NOTICE)
    await stage.sees(NOTICE.title)
    second = await stage.send(LATER, first)
    await stage.sees(LATER.title)
    assert second.split()[:3] == first.split()[:3]


async def test_a_press_of_the_button_is_an_answer(stage: Stage) -> None:
    await stage.send(NOTICE)
    await stage.do(stage.desktop.press, "here")
    await stage.until(lambda: stage.answers == [HERE])


async def test_a_press_counts_for_what_stands_there_now(stage: Stage) -> None:
    first = await stage.send(NOTICE)
    await stage.sees(NOTICE.title)
    await stage.send(LATER, first)
    await stage.do(stage.desktop.press, "ack")
    await stage.until(lambda: stage.answers == [Answer("8", "abc", Key.ACK, "desktop")])


@pytest.mark.parametrize("key", [Key.HELD, Key.WAS_LATE, Key.NO_SHOW, Key.MISSED])
async def test_a_question_is_answered_with_each_of_its_buttons(stage: Stage, key: Key) -> None:
    asked = question()
    await stage.send(asked)
    await stage.do(stage.desktop.press, key.value)
    await stage.until(lambda: stage.answers == [Answer(asked.delivery, asked.subject, key, "desktop")])


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("each_desktop", [Xfce, Gnome], ids=kind_of, indirect=True)
async def test_all_answers_to_a_question_have_room_in_one_row(stage: Stage, language: str) -> None:
    """notification-daemon cuts off what is too wide, the x in the corner first."""
    server = stage.desktop.server
    assert isinstance(server, Xfce | Gnome)
    await stage.send(question(tongue(language), Show.ALIAS))
    buttons = await asyncio.to_thread(server.buttons, 5 if isinstance(server, Gnome) else 4)
    assert min(box.right - box.left for box in buttons) > WHOLE


async def test_a_question_says_how_to_answer_where_no_buttons_are_drawn(stage: Stage) -> None:
    await stage.send(question())
    (asked,) = stage.desktop.notified()
    told = "All answers: kepthour settle"
    if not stage.desktop.server.draws_buttons:
        told += " (A click answers nothing: type it into a terminal.)"
    assert asked["body"].endswith(told)  # xfce4-notifyd's begins with the title, which it may cut off


async def test_a_click_on_the_text_answers_nothing(stage: Stage) -> None:
    await stage.send(NOTICE)
    await stage.sees(NOTICE.title)
    await stage.do(stage.desktop.server.click_text)
    await stage.until(lambda: stage.desktop.count() == 0)
    assert stage.desktop.closed() == [DISMISSED]
    await stage.heard_all()
    assert stage.answers == []


async def test_what_was_dismissed_is_no_answer(stage: Stage) -> None:
    await stage.send(NOTICE)
    await stage.sees(NOTICE.title)
    await stage.do(stage.desktop.dismiss)
    await stage.sees()
    assert stage.desktop.closed() == [DISMISSED]
    await stage.heard_all()
    assert stage.answers == []


async def test_what_expires_is_no_answer(stage: Stage) -> None:
    """notification-daemon takes it away, and tells nobody."""
    await stage.send(CALM)
    if stage.desktop.server.name == Gnome.name:
        await stage.until(lambda: stage.desktop.count() == 1)
        await stage.until(lambda: stage.desktop.count() == 0)
        assert stage.desktop.closed() == []
    else:  # after two seconds: perhaps before anybody has looked
        await stage.until(lambda: stage.desktop.closed() == [EXPIRED])
        await stage.sees()
    await stage.heard_all()
    assert stage.answers == []


@pytest.mark.parametrize("each_desktop", [Dunst, Xfce], ids=kind_of, indirect=True)
async def test_what_stays_outlives_what_fades(stage: Stage) -> None:
    """notification-daemon shows one at a time, and tells nobody what has expired."""
    await stage.send(replace(CALM, subject="fades"))
    await stage.send(NOTICE)
    await stage.until(lambda: EXPIRED in stage.desktop.closed())
    await stage.sees(NOTICE.title)


async def test_what_is_recalled_goes(stage: Stage) -> None:
    reference = await stage.send(NOTICE)
    await stage.sees(NOTICE.title)
    assert isinstance(stage.channel, Recallable)
    await stage.channel.recall(reference)
    await stage.sees()
    # notification-daemon is made to let it expire, and may say that first, or that alone.
    assert set(stage.desktop.closed()) <= {TAKEN_BACK, EXPIRED}
    assert stage.answers == []


async def test_what_an_earlier_process_left_can_be_recalled_before_anything_is_sent(stage: Stage) -> None:
    left = await stage.send(NOTICE)
    await stage.sees(NOTICE.title)
    await stage.channel.close()
    await stage.channel.open(stage.answers.append)
    await stage.channel.recall(left)
    await stage.sees()


async def test_what_is_open_comes_back_on_the_next_of_the_same_kind(stage: Stage) -> None:
    await stage.send(NOTICE)
    await stage.do(stage.desktop.kill_server)
    await stage.do(stage.desktop.start_server)
    await stage.sees(NOTICE.title)
    await stage.do(stage.desktop.press, "here")
    await stage.until(lambda: stage.answers == [HERE])


@pytest.mark.parametrize(
    ("each_desktop", "next_one"), tuple(permutations(SERVERS, 2)), ids=kind_of, indirect=["each_desktop"]
)
async def test_what_is_open_comes_back_on_another_kind_as_that_draws_it(
    stage: Stage, next_one: type[Server]
) -> None:
    require(missing_programs(next_one))
    await stage.send(replace(NOTICE, hint="Type: here"))
    await stage.do(stage.desktop.kill_server)
    await stage.do(stage.desktop.start_server, next_one)
    await stage.sees(NOTICE.title)
    told = stage.desktop.notified()[-1]["body"].endswith("(Type: here)")
    assert told is not next_one.draws_buttons
    await stage.do(stage.desktop.press, "here")
    await stage.until(lambda: stage.answers == [HERE])


async def test_what_is_open_comes_back_with_the_bus(stage: Stage) -> None:
    """As after a desktop session that ended and began anew; nothing is sent meanwhile."""
    await stage.send(NOTICE)
    await stage.do(stage.desktop.kill_bus)
    with pytest.raises(ChannelFailed) as caught:
        await stage.send(OTHER)
    assert caught.value.code == "no-bus"
    await stage.do(lambda: stage.desktop.start_bus(same=True))
    await stage.do(stage.desktop.start_server)
    await stage.sees(NOTICE.title)
    await stage.do(stage.desktop.press, "here")
    await stage.until(lambda: stage.answers == [HERE])


async def test_a_bus_that_comes_back_at_the_usual_place_is_found_there(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process cannot know any other: its environment stays as it was."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    await stage.send(NOTICE)
    await stage.do(stage.desktop.kill_bus)
    await stage.do(stage.desktop.start_bus)
    (tmp_path / "bus").symlink_to(stage.desktop.address.removeprefix("unix:path=").partition(",")[0])
    await stage.do(stage.desktop.start_server)
    await stage.sees(NOTICE.title)


@pytest.mark.parametrize("each_desktop", [Dunst, Xfce], ids=kind_of, indirect=True)
async def test_do_not_disturb_is_not_to_be_seen_from_here(stage: Stage) -> None:
    """It is accepted, whether it is on the screen or not: so the next channel must not depend on that.

    notification-daemon has none.
    """
    server = stage.desktop.server
    assert isinstance(server, Dunst | Xfce)
    await stage.do(server.be_quiet)
    await stage.send(replace(CALM, stays=True))
    await stage.send(OTHER)
    if isinstance(server, Dunst):
        await stage.until(lambda: server.held_back() == 2)
        assert stage.desktop.count() == 0
        server.ctl("set-paused", "false")
        await stage.until(lambda: stage.desktop.count() == 2)
    else:  # xfce4-notifyd lets through what is critical
        await stage.until(lambda: stage.desktop.count() == 1)
        await stage.do(stage.desktop.press, "here")
        await stage.until(lambda: [answer.subject for answer in stage.answers] == [OTHER.subject])


@pytest.mark.parametrize("each_desktop", [Gnome], ids=kind_of, indirect=True)
async def test_where_there_is_room_for_one_the_newest_has_it_and_the_other_comes_again(stage: Stage) -> None:
    """notification-daemon would show the second only after the first was closed by hand."""
    await stage.send(NOTICE)
    await stage.until(lambda: stage.desktop.count() == 1)
    await stage.send(OTHER)
    await stage.until(lambda: stage.desktop.asked() == [NOTICE.title, "Kept Hour", OTHER.title, NOTICE.title])
    await stage.do(stage.desktop.press, "here")
    await stage.until(lambda: [answer.subject for answer in stage.answers] == [OTHER.subject])
    await stage.do(stage.desktop.press, "here")
    await stage.until(lambda: [answer.subject for answer in stage.answers] == [OTHER.subject, NOTICE.subject])
