"""A notice that stays goes on telling the right minutes, on each notification daemon."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from kepthour.core.ladder import Urgency
from kepthour.core.notice import Key
from tests.support.rungs import START, rung
from tests.support.servers import Gnome, Xfce
from tests.support.stage import Stage, instant

pytestmark = pytest.mark.desktop

FIVE = rung(-5, Urgency.HIGH)
ONE = rung(-1)
PERSISTENT = rung(-5, Urgency.HIGH, insists=True)


def title(minutes: int) -> str:
    if not minutes:
        return "Session at 14:00 starts now"
    return f"Session at 14:00 {f'starts in {-minutes} min' if minutes < 0 else f'began {minutes} min ago'}"


async def test_a_notice_that_stays_tells_the_minutes_in_its_place_and_in_silence(stage: Stage) -> None:
    await stage.send(FIVE)
    for minutes in (-4, -3, 0, 2):  # whatever happens in between, a suspended machine for one
        await stage.at(minutes)
        await stage.sees(title(minutes))
    first, *later = stage.desktop.notified()
    assert [one["silent"] for one in (first, *later)] == [False, True, True, True, True]
    assert {one["urgency"] for one in later} == {first["urgency"]}
    assert {tuple(one["actions"]) for one in later} == {tuple(first["actions"])}
    assert stage.desktop.closed() == []


async def test_a_clock_that_is_set_back_is_followed(stage: Stage) -> None:
    await stage.send(FIVE)
    for minutes in (-2, -4):
        await stage.at(minutes)
        await stage.sees(title(minutes))


async def test_its_buttons_go_on_answering(stage: Stage) -> None:
    await stage.send(FIVE)
    await stage.at(-4)
    await stage.sees(title(-4))
    await stage.do(stage.desktop.press, "here")
    await stage.until(lambda: [answer.key for answer in stage.answers] == [Key.HERE])


async def test_what_was_dismissed_stays_away_until_the_next_rung(stage: Stage) -> None:
    await stage.send(FIVE)
    await stage.sees(title(-5))
    await stage.do(stage.desktop.dismiss)
    await stage.sees()
    await stage.heard_all()
    for minutes in (-4, -3):
        await stage.at(minutes)
    await stage.heard_all()
    await stage.sees()
    await stage.send(ONE)
    await stage.sees(title(-1))


async def test_a_dismissal_at_the_very_minute_counts(stage: Stage) -> None:
    await stage.send(FIVE)
    await stage.sees(title(-5))
    # This holds up the event loop: the channel asks for the next minute before it hears of the dismissal.
    stage.desktop.dismiss()
    stage.hours.strike(instant(-4))
    await stage.until(lambda: title(-4) in stage.desktop.asked())
    await stage.heard_all()
    await stage.sees()


async def test_a_newer_rung_is_not_overwritten(stage: Stage) -> None:
    first = await stage.send(FIVE)
    await stage.at(-2)
    await stage.sees(title(-2))
    await stage.hours.go_on(START - timedelta(minutes=1))
    await stage.send(ONE, first)
    await stage.at(-1)
    await stage.heard_all()
    assert [one for one in stage.desktop.asked() if one == title(-1)] == [ONE.title]


async def test_a_rung_that_is_due_at_the_same_minute_goes_first(stage: Stage) -> None:
    await stage.send(FIVE)
    await stage.hours.go_on(START - timedelta(minutes=4) + timedelta(seconds=1))
    await stage.heard_all()
    assert title(-4) not in stage.desktop.asked()


async def test_what_is_sent_again_tells_each_minute_once(stage: Stage) -> None:
    first = await stage.send(FIVE)
    await stage.send(FIVE, first)
    await stage.at(-4)
    await stage.heard_all()
    assert stage.desktop.asked().count(title(-4)) == 1


async def test_what_was_recalled_tells_nothing_more(stage: Stage) -> None:
    reference = await stage.send(FIVE)
    await stage.sees(title(-5))
    await stage.channel.recall(reference)
    await stage.sees()
    await stage.at(-4)
    await stage.heard_all()
    assert title(-4) not in stage.desktop.asked()


async def test_what_is_recalled_at_the_very_minute_goes(stage: Stage) -> None:
    reference = await stage.send(FIVE)
    await stage.sees(title(-5))
    with stage.desktop.frozen_server():
        await stage.at(-4)
        await stage.until(lambda: title(-4) in stage.desktop.asked())
        recalling = asyncio.create_task(stage.channel.recall(reference))
        await asyncio.sleep(0)
    await recalling
    await stage.sees()


async def test_on_the_next_server_it_comes_back_with_the_present_minutes(stage: Stage) -> None:
    await stage.send(FIVE)
    await stage.do(stage.desktop.kill_server)
    await stage.at(-2)
    await stage.do(stage.desktop.start_server)
    await stage.sees(title(-2))
    await stage.at(-1)
    await stage.sees(title(-1))


async def test_what_insists_comes_back_at_the_next_minute(stage: Stage) -> None:
    await stage.send(PERSISTENT)
    for minutes in (-4, -3):
        await stage.until(lambda: stage.desktop.count() == 1)
        await stage.do(stage.desktop.dismiss)
        await stage.sees()
        await stage.heard_all()
        await stage.at(minutes)
        await stage.sees(title(minutes))


@pytest.mark.parametrize("each_desktop", [Xfce, Gnome], ids=lambda server: server.name, indirect=True)
@pytest.mark.parametrize("key", ["here", "join"])
async def test_what_insists_stays_away_once_it_was_answered(stage: Stage, key: str) -> None:
    """Whatever the answer. dunst leaves what was answered on the screen, until it is recalled."""
    await stage.send(PERSISTENT)
    await stage.do(stage.desktop.press, key)
    await stage.until(lambda: bool(stage.answers))
    await stage.heard_all()
    await stage.at(-4)
    await stage.heard_all()
    await stage.sees()


async def test_what_insists_stays_away_once_it_was_recalled(stage: Stage) -> None:
    reference = await stage.send(PERSISTENT)
    await stage.sees(title(-5))
    await stage.do(stage.desktop.dismiss)
    await stage.sees()
    await stage.channel.recall(reference)
    await stage.at(-4)
    await stage.heard_all()
    assert title(-4) not in stage.desktop.asked()


async def test_a_channel_without_a_clock_tells_no_minutes(stage: Stage) -> None:
    stage.channel._clock = None
    await stage.send(FIVE)
    await stage.at(-4)
    await stage.heard_all()
    assert title(-4) not in stage.desktop.asked()
