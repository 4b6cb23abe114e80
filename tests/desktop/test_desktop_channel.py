"""The desktop channel on a real notification daemon (dunst under Xvfb)."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from kepthour.channels.desktop import Options, make
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Answer, Channel, ChannelFailed, Key, Notice, Recallable
from tests.support.desktop import Desktop

pytestmark = pytest.mark.desktop

ACTIONS = (Action(Key.JOIN, "Join"), Action(Key.HERE, "I'm here"), Action(Key.ACK, "On my way"))
NOTICE = Notice(
    delivery="7", subject="abc", rung="-5m", urgency=Urgency.HIGH, title="Session at 14:00 starts in 5 min",
    text="50 min, video.", start=None, end=None, actions=ACTIONS, stays=True,
)  # fmt: skip
LATER = replace(NOTICE, delivery="8", rung="-1m", title="Session at 14:00 starts in 1 min")
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
    await channel.send(LATER, first)
    await channel.send(OTHER, None)
    await holds(lambda: desktop.count() == 2)


async def test_a_notice_left_by_an_earlier_process_is_replaced_too(
    desktop: Desktop, channel: Channel
) -> None:
    left = await channel.send(NOTICE, None)
    await channel.close()
    again = make("desktop", Options())
    await again.open(lambda answer: None)
    await again.send(LATER, left)
    assert desktop.count() == 1
    assert desktop.notified()[-1]["replaces"] > 0
    await again.close()


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
    await holds(lambda: desktop.count() == 0)
    await channel.send(OTHER, None)  # whatever the first had to say has arrived before this one's reply
    assert listener.answers == []


async def test_a_recalled_notice_disappears(desktop: Desktop, channel: Channel) -> None:
    shown = await channel.send(NOTICE, None)
    assert isinstance(channel, Recallable)
    assert shown is not None
    await channel.recall(shown)
    await holds(lambda: desktop.count() == 0)


async def test_recalling_a_notice_that_was_replaced_leaves_the_newer_one(
    desktop: Desktop, channel: Channel
) -> None:
    first = await channel.send(NOTICE, None)
    await channel.send(LATER, first)
    assert isinstance(channel, Recallable)
    assert first is not None
    await channel.recall(first)
    await channel.send(OTHER, None)
    assert desktop.count() == 2


async def test_another_programs_action_is_not_ours(
    desktop: Desktop, channel: Channel, listener: Listener
) -> None:
    subprocess.run(
        ["busctl", f"--address={desktop.address}", "call", "org.freedesktop.Notifications",
         "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "Notify", "susssasa{sv}i",
         "other", "0", "", "Other", "", "2", "here", "Here", "0", "0"],
        check=True, capture_output=True,
    )  # fmt: skip
    await asyncio.to_thread(desktop.press, "here")
    await channel.send(OTHER, None)
    assert listener.answers == []


async def test_markup_in_a_text_is_shown_as_it_is(desktop: Desktop, channel: Channel) -> None:
    await channel.send(replace(NOTICE, text="a <b>&</b> c"), None)
    assert desktop.notified()[-1]["body"] == "a &lt;b&gt;&amp;&lt;/b&gt; c"


async def test_what_is_open_comes_back_when_the_notification_daemon_does(
    desktop: Desktop, channel: Channel
) -> None:
    left = await channel.send(NOTICE, None)
    await asyncio.to_thread(desktop.kill_dunst)
    await asyncio.to_thread(desktop.start_dunst)
    await holds(lambda: desktop.count() == 1)
    await channel.send(LATER, left)
    assert desktop.count() == 1


async def test_a_missing_notification_daemon_is_named(desktop: Desktop, channel: Channel) -> None:
    await asyncio.to_thread(desktop.kill_dunst)
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(NOTICE, None)
    assert caught.value.code == "no-daemon"


async def test_a_dead_bus_is_named_and_a_new_one_is_joined(
    desktop: Desktop, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = await channel.send(NOTICE, None)
    await asyncio.to_thread(desktop.kill_bus)
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(LATER, left)
    assert caught.value.code == "no-bus"
    await asyncio.to_thread(desktop.start_bus)
    await asyncio.to_thread(desktop.start_dunst)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", desktop.address)
    await channel.send(LATER, left)
    assert desktop.count() == 1


async def test_no_bus_at_all_is_named(monkeypatch: pytest.MonkeyPatch, listener: Listener) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    channel = make("desktop", Options())
    await channel.open(listener)
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(NOTICE, None)
    assert caught.value.code == "no-bus"
