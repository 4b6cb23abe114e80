"""The channel on a real X server with two monitors, a keyboard and a mouse."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from kepthour.channels import takeover
from kepthour.channels.takeover.channel import Takeover
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Answer, ChannelFailed, Key, Notice
from tests.support.monitors import LEFT, LOOKED, RIGHT, Monitor, Monitors

NOW = datetime.now(UTC)
JOIN, HERE, SNOOZE = Action(Key.JOIN, "Join"), Action(Key.HERE, "I'm here"), Action(Key.SNOOZE, "Snooze")
NOTICE = Notice(
    delivery="7", subject="abc", rung="-1m", urgency=Urgency.CRITICAL, title="Session at 14:00 starts in 1 min",
    text="50 min, video. Join now, or say “I'm here”.", start=NOW, end=NOW + timedelta(minutes=50),
    actions=(JOIN, HERE, SNOOZE), stays=True, moment=NOW + timedelta(minutes=1),
)  # fmt: skip
NEXT = replace(NOTICE, delivery="8", rung="0m", title="Session at 14:00 starts now", actions=(HERE,))
OTHER = replace(NOTICE, delivery="9", subject="xyz", title="Session at 14:05 starts in 1 min")


class Screen:
    """The channel, and what it was answered."""

    def __init__(self, monitors: Monitors) -> None:
        self.monitors = monitors
        self.answers: list[Answer] = []
        self.channel: Takeover = takeover.make("window", takeover.Options())

    async def show(self, notice: Notice) -> str | None:
        """Show it, and look at it."""
        reference = await self.channel.send(notice, None)
        await asyncio.sleep(LOOKED)
        return reference

    async def until(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + 20
        while not await asyncio.to_thread(holds):
            assert time.monotonic() < end, what
            await asyncio.sleep(0.02)

    async def gone(self) -> None:
        await self.until(self.monitors.gone, "the windows to go")

    async def answered(self, *keys: Key) -> None:
        await self.until(lambda: len(self.answers) >= len(keys), f"the answer {keys}")
        assert [one.key for one in self.answers] == list(keys)

    def keeper(self) -> int | None:
        """The process with the windows."""
        child = self.channel._child
        return child.pid if child is not None else None


@pytest_asyncio.fixture
async def screen(monitors: Monitors) -> AsyncIterator[Screen]:
    made = Screen(monitors)
    await made.channel.open(made.answers.append)
    yield made
    await made.channel.close()


async def test_what_was_sent_is_on_every_monitor_when_send_returns(screen: Screen) -> None:
    await screen.channel.send(NOTICE, None)
    assert screen.monitors.windows() == [LEFT, RIGHT]
    assert min(screen.monitors.letters(LEFT), screen.monitors.letters(RIGHT)) > 500


async def test_the_clock_runs(screen: Screen) -> None:
    await screen.channel.send(NOTICE, None)
    before = screen.monitors.pixels(LEFT)
    await screen.until(lambda: screen.monitors.pixels(LEFT) != before, "the next second")


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["Return"], Key.JOIN),
        (["space"], Key.JOIN),
        (["Tab", "Return"], Key.HERE),
        (["Right", "Right", "KP_Enter"], Key.SNOOZE),
        (["Right", "Left", "Return"], Key.JOIN),
        (["alt+i"], Key.HERE),
    ],
    ids=" ".join,
)
async def test_it_is_answered_by_keyboard(screen: Screen, keys: list[str], answer: Key) -> None:
    await screen.show(NOTICE)
    screen.monitors.press(*keys)
    await screen.answered(answer)
    await screen.gone()
    assert screen.answers == [Answer("7", "abc", answer, "window")]


@pytest.mark.parametrize("monitor", [LEFT, RIGHT], ids=["left", "right"])
async def test_it_is_answered_with_the_mouse_on_either_monitor(screen: Screen, monitor: Monitor) -> None:
    await screen.show(NEXT)
    screen.monitors.click(monitor.x + monitor.width // 2, middle_of_the_button(screen.monitors))
    await screen.answered(Key.HERE)
    await screen.gone()


def middle_of_the_button(monitors: Monitors) -> int:
    """How far down it is; both monitors show the same."""
    line, pixels = LEFT.width * 3, monitors.pixels(LEFT)
    colours = [bytes.fromhex(one) for one in ("22332e", "2d463d")]  # without the keyboard, and with it
    rows = [pixels[y * line : (y + 1) * line] for y in range(LEFT.height)]
    there = [y for y, row in enumerate(rows) if any(row.count(colour) > 20 for colour in colours)]
    return there[len(there) // 2]


async def test_escape_puts_it_away_until_the_next_rung_and_is_no_answer(screen: Screen) -> None:
    await screen.show(NOTICE)
    screen.monitors.press("Escape")
    await screen.gone()
    await screen.show(NEXT)
    assert screen.monitors.shown()
    assert screen.answers == []


async def test_a_mouse_can_put_it_away_too(screen: Screen) -> None:
    await screen.show(NOTICE)
    screen.monitors.press("Tab", "Tab", "Tab", "Return")  # the last one on the way of the Tab key
    await screen.gone()
    assert screen.answers == []


async def test_a_recall_takes_it_away(screen: Screen) -> None:
    reference = await screen.channel.send(NOTICE, None)
    assert reference is not None
    await screen.channel.recall(reference)
    await screen.gone()
    assert screen.answers == []


async def test_the_next_rung_changes_the_window_in_its_place(screen: Screen) -> None:
    first = await screen.channel.send(NOTICE, None)
    windows, before = screen.monitors.ids(), screen.monitors.pixels(LEFT)
    second = await screen.channel.send(NEXT, first)
    assert screen.monitors.ids() == windows
    await screen.until(lambda: screen.monitors.pixels(LEFT) != before, "the other text")
    assert first is not None
    await screen.channel.recall(first)  # what was recalled too late takes nothing newer away
    await asyncio.sleep(LOOKED)
    screen.monitors.press("Return")
    await screen.answered(Key.HERE)
    assert second != first


async def test_of_two_sessions_the_newer_is_on_top_and_the_other_comes_after_it(screen: Screen) -> None:
    await screen.channel.send(NOTICE, None)
    await screen.show(OTHER)
    screen.monitors.press("Return")
    await screen.answered(Key.JOIN)
    assert screen.monitors.shown()
    await asyncio.sleep(LOOKED)
    screen.monitors.press("alt+i")
    await screen.answered(Key.JOIN, Key.HERE)
    assert [one.subject for one in screen.answers] == ["xyz", "abc"]
    await screen.gone()


async def test_a_rung_of_the_session_below_does_not_come_between(screen: Screen) -> None:
    first = await screen.channel.send(NOTICE, None)
    await screen.channel.send(OTHER, None)
    assert first is not None
    await screen.channel.send(NEXT, first)
    await asyncio.sleep(LOOKED)
    screen.monitors.press("Return")
    await screen.answered(Key.JOIN)
    assert screen.answers[0].subject == "xyz"


async def test_what_comes_while_with_a_client_shows_no_window_and_ends_that_of_its_session(
    screen: Screen,
) -> None:
    assert await screen.channel.send(replace(NOTICE, discreet=True), None) is None
    assert screen.keeper() is None
    await screen.channel.send(NOTICE, None)
    assert await screen.channel.send(replace(NEXT, discreet=True), None) is None
    await screen.gone()


@pytest.mark.parametrize("urgency", [Urgency.PASSIVE, Urgency.HIGH])
async def test_what_is_no_rung_is_not_worth_a_window(screen: Screen, urgency: Urgency) -> None:
    """A digest, or that the store is in trouble."""
    notice = replace(NOTICE, urgency=urgency, start=None, moment=None)
    assert await screen.channel.send(notice, None) is None
    assert screen.keeper() is None


async def test_when_its_process_is_killed_another_shows_it_again(screen: Screen) -> None:
    reference = await screen.channel.send(NOTICE, None)
    killed = screen.keeper()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await screen.until(
        lambda: screen.keeper() not in {None, killed} and screen.monitors.shown(), "the window again"
    )
    await asyncio.sleep(LOOKED)
    screen.monitors.press("Return")
    await screen.answered(Key.JOIN)
    assert reference is not None


async def test_what_came_back_can_be_recalled(screen: Screen) -> None:
    reference = await screen.channel.send(NOTICE, None)
    killed = screen.keeper()
    assert killed is not None
    assert reference is not None
    os.kill(killed, signal.SIGKILL)
    await screen.until(
        lambda: screen.keeper() not in {None, killed} and screen.monitors.shown(), "the window again"
    )
    await screen.channel.recall(reference)
    await screen.gone()


async def test_a_process_that_dies_while_it_is_to_show_is_a_refusal_and_the_next_try_shows(
    screen: Screen,
) -> None:
    await screen.channel.send(OTHER, None)
    keeper = screen.keeper()
    assert keeper is not None
    os.kill(keeper, signal.SIGSTOP)
    sending = asyncio.create_task(screen.channel.send(NOTICE, None))
    await asyncio.sleep(0)
    os.kill(keeper, signal.SIGKILL)
    with pytest.raises(ChannelFailed) as caught:
        await sending
    assert caught.value.code == "window-died"
    await screen.channel.send(NOTICE, None)
    assert screen.monitors.shown()


async def test_nothing_runs_while_nothing_is_shown(screen: Screen) -> None:
    reference = await screen.channel.send(NOTICE, None)
    keeper = screen.keeper()
    assert reference is not None
    await screen.channel.recall(reference)
    assert screen.keeper() is None
    await screen.until(lambda: not Path(f"/proc/{keeper}").exists(), "the end of its process")


async def test_what_is_shown_stands_on_no_command_line_and_in_no_environment(screen: Screen) -> None:
    await screen.channel.send(NOTICE, None)
    for part in ("cmdline", "environ"):
        assert b"14:00" not in Path(f"/proc/{screen.keeper()}/{part}").read_bytes()


async def test_at_a_log_out_the_windows_go_and_the_next_notice_is_refused(screen: Screen) -> None:
    await screen.channel.send(NOTICE, None)
    screen.monitors.end()
    await screen.until(lambda: screen.keeper() is None, "the end of its process")
    with pytest.raises(ChannelFailed) as caught:
        await screen.channel.send(NEXT, None)
    assert caught.value.code == "no-display"


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "no-display"),
        ({"DISPLAY": ":987"}, "no-display"),
        ({"WAYLAND_DISPLAY": "nowhere", "QT_QPA_PLATFORM": "wayland"}, "no-display"),
        ({"DISPLAY": ":987", "QT_QPA_PLATFORM": "offscreen"}, "unseen"),
    ],
    ids=["none", "no server", "no compositor", "offscreen"],
)
async def test_without_a_display_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, monitors: Monitors, environment: dict[str, str], code: str
) -> None:
    monkeypatch.delenv("DISPLAY")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    channel = takeover.make("window", takeover.Options())
    for use in (lambda: channel.send(NOTICE, None), channel.probe):
        with pytest.raises(ChannelFailed) as caught:
            await use()
        assert caught.value.code == code
        assert caught.value.remedy
    await channel.close()


async def test_a_test_notice_stays_until_it_is_put_away(screen: Screen) -> None:
    sending = asyncio.create_task(screen.channel.send(replace(NOTICE, subject="check", rung="check"), None))
    await screen.until(screen.monitors.shown, "the window")
    await asyncio.sleep(LOOKED)
    assert not sending.done()
    screen.monitors.press("Escape")
    await sending
    await screen.gone()


async def test_a_probe_shows_nothing(screen: Screen) -> None:
    await screen.channel.probe()
    assert screen.monitors.gone()
    assert screen.keeper() is None


async def test_without_the_library_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    channel = takeover.make("window", takeover.Options())
    with pytest.raises(ChannelFailed) as caught:
        await channel.probe()
    assert 'extra "takeover"' in caught.value.remedy
