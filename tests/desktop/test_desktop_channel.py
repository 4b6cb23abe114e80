"""The desktop channel on a real notification daemon (dunst under Xvfb)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kepthour.channels.desktop import Options, make
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Answer, Channel, ChannelFailed, Key, Notice, Probeable, Recallable
from tests.support.desktop import Desktop
from tests.support.servers import Dunst

pytestmark = pytest.mark.desktop

ACTIONS = (Action(Key.JOIN, "Join"), Action(Key.HERE, "I'm here"), Action(Key.ACK, "On my way"))
NOTICE = Notice(
    delivery="7", subject="abc", rung="-5m", urgency=Urgency.HIGH, title="Session at 14:00 starts in 5 min",
    text="50 min, video.", start=None, end=None, actions=ACTIONS, stays=True,
)  # fmt: skip
LATER = replace(NOTICE, delivery="8", rung="-1m", title="Session at 14:00 starts in 1 min")
THIRD = replace(NOTICE, delivery="10", subject="third", title="Session at 16:00 starts in 5 min")
OTHER = replace(NOTICE, delivery="9", subject="xyz", title="Session at 15:00 starts in 5 min")


class Listener:
    """Keeps the answers."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def __call__(self, answer: Answer) -> None:
        self.answers.append(answer)


@pytest.fixture
async def listener() -> Listener:
    return Listener()


@pytest.fixture
async def channel(desktop: Desktop, listener: Listener) -> AsyncIterator[Channel]:
    made = make("desktop", Options())
    await made.open(listener)
    yield made
    await made.close()


@pytest.fixture
async def after_a_restart() -> AsyncIterator[Channel]:
    """The channel as the daemon's next process makes it; not yet opened."""
    made = make("desktop", Options())
    yield made
    await made.close()


async def recall(channel: Channel, reference: str | None) -> None:
    assert isinstance(channel, Recallable)
    assert reference is not None
    await channel.recall(reference)


async def holds(condition: Callable[[], bool]) -> None:
    """Wait on the event loop until `condition` holds."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_notice_appears_with_its_words_actions_and_urgency(
    desktop: Desktop, channel: Channel
) -> None:
    await channel.send(NOTICE, None)
    await holds(lambda: desktop.count() == 1)
    (seen,) = desktop.notified()
    assert seen["summary"] == NOTICE.title
    assert seen["actions"] == ["join", "here", "ack"]
    assert (seen["urgency"], seen["expires"]) == (2, 0)


async def test_a_later_notice_of_the_same_session_takes_its_place(desktop: Desktop, channel: Channel) -> None:
    first = await channel.send(NOTICE, None)
    await channel.send(OTHER, None)
    await channel.send(LATER, first)
    assert desktop.shown() == [LATER.title, OTHER.title]


async def test_a_notice_left_by_an_earlier_process_is_replaced_too(
    desktop: Desktop, channel: Channel, after_a_restart: Channel
) -> None:
    left = await channel.send(NOTICE, None)
    await channel.close()
    await after_a_restart.open(lambda answer: None)
    await after_a_restart.send(LATER, left)
    assert desktop.shown() == [LATER.title]


async def test_a_notice_left_by_an_earlier_process_can_be_recalled_before_anything_is_sent(
    desktop: Desktop, channel: Channel, after_a_restart: Channel
) -> None:
    left = await channel.send(NOTICE, None)
    await channel.close()
    await after_a_restart.open(lambda answer: None)
    await recall(after_a_restart, left)
    assert desktop.shown() == []


async def test_a_replacement_gives_a_notice_of_an_earlier_process_its_buttons_back(
    desktop: Desktop, channel: Channel, after_a_restart: Channel, listener: Listener
) -> None:
    left = await channel.send(NOTICE, None)
    await channel.close()
    await after_a_restart.open(listener)
    await after_a_restart.send(NOTICE, left)
    await asyncio.to_thread(desktop.press, "here")
    await holds(lambda: listener.answers == [Answer("7", "abc", Key.HERE, "desktop")])


async def test_a_pressed_action_is_an_answer(desktop: Desktop, channel: Channel, listener: Listener) -> None:
    await channel.send(NOTICE, None)
    await asyncio.to_thread(desktop.press, "here")
    await holds(lambda: bool(listener.answers))
    assert listener.answers == [Answer("7", "abc", Key.HERE, "desktop")]


async def test_a_dismissed_notice_is_no_answer(
    desktop: Desktop, channel: Channel, listener: Listener
) -> None:
    await channel.send(NOTICE, None)
    desktop.dismiss()
    assert desktop.shown() == []
    await channel.send(OTHER, None)  # whatever the first had to say has arrived before this one's reply
    assert listener.answers == []


async def test_a_recalled_notice_disappears(desktop: Desktop, channel: Channel) -> None:
    shown = await channel.send(NOTICE, None)
    await recall(channel, shown)
    assert desktop.shown() == []


async def test_recalling_a_notice_that_was_replaced_leaves_the_newer_one(
    desktop: Desktop, channel: Channel
) -> None:
    first = await channel.send(NOTICE, None)
    await channel.send(LATER, first)
    await recall(channel, first)
    assert desktop.shown() == [LATER.title]


async def test_another_programs_action_is_not_ours(
    desktop: Desktop, channel: Channel, listener: Listener
) -> None:
    await asyncio.to_thread(desktop.notify, "Of another program", ("here",))
    await asyncio.to_thread(desktop.press, "here")
    await channel.send(OTHER, None)
    assert listener.answers == []


async def test_an_action_that_no_notification_daemon_sent_is_no_answer(
    desktop: Desktop, channel: Channel, listener: Listener
) -> None:
    shown = await channel.send(NOTICE, None)
    assert shown is not None
    await asyncio.to_thread(desktop.emit, "ActionInvoked", "us", shown.split()[2], "here")
    await asyncio.to_thread(desktop.emit, "NotificationClosed", "uu", shown.split()[2], "2")
    await channel.send(OTHER, None)
    assert listener.answers == []
    await recall(channel, shown)
    assert desktop.shown() == [OTHER.title]


async def test_markup_in_a_text_is_shown_as_it_is(desktop: Desktop, channel: Channel) -> None:
    await channel.send(replace(NOTICE, title="<i>T</i> & co", text="a <b>&</b> &lt; c", actions=()), None)
    desktop.dismiss()
    assert isinstance(desktop.server, Dunst)
    (drawn,) = desktop.server.drawn()
    seen = "".join(ElementTree.fromstring(f"<all>{drawn}</all>").itertext())
    assert seen == "<i>T</i> & co\na <b>&</b> &lt; c"


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
async def test_characters_that_the_bus_forbids_cost_no_reminder(
    desktop: Desktop, channel: Channel, odd: str
) -> None:
    await channel.send(replace(NOTICE, title=f"A{odd}B", text=odd), None)
    assert desktop.shown() == ["A B"]


async def test_what_is_open_comes_back_when_the_notification_daemon_does(
    desktop: Desktop, channel: Channel, listener: Listener
) -> None:
    left = await channel.send(NOTICE, None)
    await channel.send(OTHER, None)
    await asyncio.to_thread(desktop.kill_server)
    await asyncio.to_thread(desktop.start_server)
    await holds(lambda: desktop.count() == 2)
    await asyncio.to_thread(desktop.press, "here")
    await holds(lambda: [answer.key for answer in listener.answers] == [Key.HERE])
    await channel.send(LATER, left)
    assert sorted(desktop.shown()) == [LATER.title, OTHER.title]


async def test_what_was_meant_to_pass_does_not_come_back(desktop: Desktop, channel: Channel) -> None:
    await channel.send(NOTICE, None)
    await channel.send(replace(OTHER, stays=False), None)
    await asyncio.to_thread(desktop.kill_server)
    await asyncio.to_thread(desktop.start_server)
    await holds(lambda: NOTICE.title in desktop.shown())
    await channel.send(THIRD, None)  # waits for its turn after what comes back
    assert desktop.shown() == [NOTICE.title, THIRD.title]


async def test_what_was_recalled_while_nobody_showed_it_stays_away(
    desktop: Desktop, channel: Channel
) -> None:
    recalled = await channel.send(NOTICE, None)
    await channel.send(OTHER, None)
    await asyncio.to_thread(desktop.kill_server)
    await recall(channel, recalled)
    await asyncio.to_thread(desktop.start_server)
    await holds(lambda: OTHER.title in desktop.shown())
    await channel.send(THIRD, None)
    assert desktop.shown() == [OTHER.title, THIRD.title]


async def test_an_id_of_a_dead_daemon_never_hits_another_programs_notice(
    desktop: Desktop, channel: Channel
) -> None:
    left = await channel.send(replace(NOTICE, stays=False), None)
    await asyncio.to_thread(desktop.kill_server)
    await asyncio.to_thread(desktop.start_server)
    await asyncio.to_thread(desktop.notify, "Of another program")
    await recall(channel, left)
    await channel.send(LATER, left)
    assert desktop.shown() == ["Of another program", LATER.title]


async def test_a_daemon_that_nobody_restarts_is_started_by_the_bus_to_show_what_was_open(
    desktop: Desktop, channel: Channel
) -> None:
    await channel.send(NOTICE, None)
    await asyncio.to_thread(desktop.let_the_bus_start_the_server)
    await asyncio.to_thread(desktop.kill_server)
    await holds(lambda: len(desktop.notified()) == 2)
    await holds(lambda: desktop.shown() == [NOTICE.title])


async def test_a_daemon_that_is_not_there_yet_is_started_by_the_bus(
    desktop: Desktop, channel: Channel
) -> None:
    await asyncio.to_thread(desktop.let_the_bus_start_the_server)
    await asyncio.to_thread(desktop.kill_server)
    await channel.send(NOTICE, None)
    assert desktop.shown() == [NOTICE.title]


async def test_a_frozen_daemon_is_named_and_piles_nothing_up_when_it_thaws(
    desktop: Desktop, channel: Channel
) -> None:
    await channel.send(OTHER, None)
    with desktop.frozen_server():
        with pytest.raises(ChannelFailed) as caught:
            await channel.send(NOTICE, None)
        again = asyncio.create_task(channel.send(NOTICE, None))
        await holds(lambda: desktop.asked().count(NOTICE.title) == 2)
    await again
    assert caught.value.code == "timeout"
    await holds(lambda: desktop.shown() == [OTHER.title, NOTICE.title])


async def test_a_notice_whose_replacement_was_given_up_can_still_be_recalled(
    desktop: Desktop, channel: Channel
) -> None:
    first = await channel.send(NOTICE, None)
    with desktop.frozen_server():
        sending = asyncio.create_task(channel.send(LATER, first))
        await holds(lambda: LATER.title in desktop.asked())
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    await recall(channel, first)
    assert desktop.shown() == []


async def test_a_replacement_that_was_given_up_does_not_take_its_repetition_down(
    desktop: Desktop, channel: Channel
) -> None:
    first = await channel.send(NOTICE, None)
    with desktop.frozen_server():
        given_up = asyncio.create_task(channel.send(LATER, first))
        await holds(lambda: desktop.asked().count(LATER.title) == 1)
        given_up.cancel()
        again = asyncio.create_task(channel.send(LATER, first))
        await holds(lambda: desktop.asked().count(LATER.title) == 2)
    await again
    await channel.send(OTHER, None)
    assert desktop.shown() == [LATER.title, OTHER.title]


async def test_a_missing_notification_daemon_is_named(desktop: Desktop, channel: Channel) -> None:
    await asyncio.to_thread(desktop.kill_server)
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(NOTICE, None)
    assert caught.value.code == "no-daemon"


async def test_a_probe_shows_nothing_and_misses_a_notification_daemon_that_is_gone(
    desktop: Desktop, channel: Channel
) -> None:
    assert isinstance(channel, Probeable)
    await channel.probe()
    assert desktop.shown() == []
    await asyncio.to_thread(desktop.kill_server)
    with pytest.raises(ChannelFailed) as caught:
        await channel.probe()
    assert caught.value.code == "no-daemon"


async def test_a_dead_bus_is_named_and_what_was_open_comes_back_on_a_new_one(
    desktop: Desktop, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = await channel.send(NOTICE, None)
    await channel.send(OTHER, None)
    await asyncio.to_thread(desktop.kill_bus)
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(LATER, left)
    assert caught.value.code == "no-bus"
    await asyncio.to_thread(desktop.start_bus)
    await asyncio.to_thread(desktop.start_server)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", desktop.address)
    await channel.send(LATER, left)
    await holds(lambda: sorted(desktop.shown()) == [LATER.title, OTHER.title])


@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus", "nonsense", "unix:", "tcp:host=x", None])
async def test_no_bus_at_all_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str | None, listener: Listener
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    if address is None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    else:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    channel = make("desktop", Options())
    await channel.open(listener)
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(NOTICE, None)
    assert caught.value.code == "no-bus"
