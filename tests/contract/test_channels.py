"""What every channel must do, run on each of them; the fake of the scenarios included."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour.channels import command, console, desktop
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Channel, ChannelFailed, Key, Notice, Recallable
from tests.fakes.channels import Recorder
from tests.support.clock import FakeClock

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
NOTICE = Notice(
    delivery="7", subject="abc", rung="-5m", urgency=Urgency.HIGH, title="Session at 14:00 starts in 5 min",
    text="50 min, video.", start=START, end=START + timedelta(minutes=50),
    actions=(Action(Key.HERE, "I'm here"),), stays=True,
)  # fmt: skip
DIGEST = replace(NOTICE, subject="day:2026-03-02", start=None, end=None, actions=(), stays=False)


def keep(file: Path) -> command.Options:
    return command.Options(argv=("/bin/sh", "-c", 'cat >"$0"', str(file)))


@pytest.fixture(params=["console", "command", "recorder", pytest.param("desktop", marks=pytest.mark.desktop)])
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> Channel:
    if request.param == "desktop":
        request.getfixturevalue("desktop")
    makers: dict[str, Callable[[], Channel]] = {
        "console": lambda: console.make("c", console.Options()),
        "command": lambda: command.make("c", keep(tmp_path / "got")),
        "recorder": lambda: Recorder(FakeClock(START)),
        "desktop": lambda: desktop.make("c", desktop.Options()),
    }
    return makers[request.param]()


async def test_a_channel_accepts_notices_with_and_without_a_session(channel: Channel) -> None:
    await channel.open(lambda answer: None)
    first = await channel.send(NOTICE, None)
    await channel.send(replace(NOTICE, delivery="8", rung="-1m"), first)
    await channel.send(DIGEST, None)
    await channel.close()


async def test_a_channel_may_be_closed_twice_and_opened_again(channel: Channel) -> None:
    await channel.open(lambda answer: None)
    await channel.close()
    await channel.close()
    await channel.open(lambda answer: None)
    await channel.send(NOTICE, None)
    await channel.close()


async def test_recalling_what_is_long_gone_is_no_error(channel: Channel) -> None:
    await channel.open(lambda answer: None)
    if isinstance(channel, Recallable):
        await channel.recall("nothing that was ever shown")
    await channel.close()


async def test_a_reference_of_somebody_else_is_not_replaced(channel: Channel) -> None:
    await channel.open(lambda answer: None)
    await channel.send(NOTICE, "guid :1.99 12 3")
    await channel.close()


async def test_the_command_gets_one_json_document(tmp_path: Path) -> None:
    await command.make("c", keep(tmp_path / "got")).send(NOTICE, None)
    assert json.loads((tmp_path / "got").read_text()) == {
        "session": "abc",
        "rung": "-5m",
        "urgency": "high",
        "title": "Session at 14:00 starts in 5 min",
        "text": "50 min, video.",
        "start": "2026-03-02T14:00:00+00:00",
        "end": "2026-03-02T14:50:00+00:00",
        "actions": [{"key": "here", "label": "I'm here"}],
    }


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("/bin/sh", "-c", "cat >/dev/null; exit 3"), "exit-code"),
        (("/nowhere/at/all",), "not-started"),
        (("/bin/sh", "-c", "sleep 60"), "timeout"),
    ],
)
async def test_a_command_that_fails_is_named_plainly(argv: tuple[str, ...], code: str) -> None:
    options = command.Options(argv=argv, timeout=0.2 if code == "timeout" else 10)
    with pytest.raises(ChannelFailed) as caught:
        await command.make("c", options).send(NOTICE, None)
    assert caught.value.code == code
    assert "Session at" not in str(caught.value)


async def test_a_command_that_does_not_read_its_input_is_no_failure() -> None:
    await command.make("c", command.Options(argv=("/bin/true",))).send(NOTICE, None)


async def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"sleep 60 & echo $! >{pid_file}; wait"
    options = command.Options(argv=("/bin/sh", "-c", script), timeout=1)
    with pytest.raises(ChannelFailed):
        await command.make("c", options).send(NOTICE, None)
    child = Path(f"/proc/{pid_file.read_text().strip()}")
    state = (child / "stat").read_text().split()[2] if child.exists() else "gone"
    assert state in {"gone", "Z"}


async def test_the_console_prints_title_and_text(capsys: pytest.CaptureFixture[str]) -> None:
    await console.make("c", console.Options()).send(NOTICE, None)
    assert sys.stdout is not None
    assert capsys.readouterr().out == "●●  Session at 14:00 starts in 5 min\n    50 min, video.\n"
