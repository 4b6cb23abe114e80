"""What every channel must do, run on each of them; the fake of the scenarios included."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import pty
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from kepthour.channels import apprise, command, console, desktop, ntfy, sound, takeover
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Answer, Channel, ChannelFailed, Housed, Key, Notice, Probeable, Recallable
from tests.fakes.channels import Recorder
from tests.fakes.ntfy import Ntfy
from tests.support.clock import FakeClock
from tests.support.mail import Mailbox
from tests.support.players import Stubs
from tests.support.rungs import question
from tests.support.world import eventually

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
NOTICE = Notice(
    delivery="7", subject="abc", rung="-5m", urgency=Urgency.HIGH, title="Session at 14:00 starts in 5 min",
    text="50 min, video.", start=START, end=START + timedelta(minutes=50),
    actions=(Action(Key.HERE, "I'm here"),), stays=True, moment=START,
)  # fmt: skip
DIGEST = replace(NOTICE, subject="day:2026-03-02", start=None, end=None, moment=None, actions=(), stays=False)


def keep(file: Path) -> command.Options:
    return command.Options(argv=("/bin/sh", "-c", 'cat >"$0"', str(file)))


KINDS = [
    "console",
    "command",
    "recorder",
    "apprise",
    "ntfy",
    "sound",
    "takeover",
    pytest.param("desktop", marks=pytest.mark.desktop),
]


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Mailbox, Ntfy]]:
    """A mail server and an ntfy server, and where they are."""
    with Mailbox() as mailbox, Ntfy(keepalive=0.05) as server:
        monkeypatch.setenv("PHONE", mailbox.url)
        monkeypatch.setenv("TOPIC", "notices")
        monkeypatch.setenv("ANSWERS", "answers")
        yield mailbox, server


def by_mail() -> Channel:
    return apprise.make("c", apprise.Options.model_validate({"url": {"env": "PHONE"}}))


def by_ntfy(server: str) -> Channel:
    keys = {"server": server, "topic": {"env": "TOPIC"}, "answers": {"env": "ANSWERS"}}
    return ntfy.make("c", ntfy.Options.model_validate(keys))


@pytest.fixture(params=KINDS)
def channel(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    phone: tuple[Mailbox, Ntfy],
    monkeypatch: pytest.MonkeyPatch,
) -> Channel:
    if request.param == "desktop":
        request.getfixturevalue("desktop")
    if request.param == "takeover":
        request.getfixturevalue("monitors")
    if request.param == "sound":
        stubs = Stubs(tmp_path / "bin")
        stubs.player("pw-play")
        stubs.pipewire()
        monkeypatch.setenv("PATH", str(stubs.folder))
    makers: dict[str, Callable[[], Channel]] = {
        "console": lambda: console.make("c", console.Options()),
        "command": lambda: command.make("c", keep(tmp_path / "got")),
        "recorder": lambda: Recorder(FakeClock(START)),
        "apprise": by_mail,
        "ntfy": lambda: by_ntfy(phone[1].url),
        "desktop": lambda: desktop.make("c", desktop.Options()),
        "sound": lambda: sound.make("c", sound.Options()),
        "takeover": lambda: takeover.make("c", takeover.Options()),
    }
    made = makers[request.param]()
    if isinstance(made, Housed):
        made.house(tmp_path / "house", FakeClock(START))
    return made


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


async def test_a_channel_that_can_be_probed_hands_nothing_over(
    channel: Channel, tmp_path: Path, phone: tuple[Mailbox, Ntfy]
) -> None:
    await channel.open(lambda answer: None)
    if isinstance(channel, Probeable):
        await channel.probe()
    await channel.close()
    assert not (tmp_path / "got").exists()
    assert phone[0].received == []
    assert phone[1].events == []


async def test_recalling_what_is_long_gone_is_no_error(channel: Channel) -> None:
    await channel.open(lambda answer: None)
    if isinstance(channel, Recallable):
        await channel.recall("nothing that was ever shown")
    await channel.close()


async def test_a_reference_of_somebody_else_is_not_replaced(channel: Channel) -> None:
    await channel.open(lambda answer: None)
    await channel.send(NOTICE, "guid :1.99 12 3")
    await channel.close()


async def test_a_channel_calls_back_for_answers_only(channel: Channel) -> None:
    answers: list[Answer] = []
    await channel.open(answers.append)
    shown = await channel.send(NOTICE, None)
    if isinstance(channel, Recallable) and shown is not None:
        await channel.recall(shown)
    await channel.send(DIGEST, None)
    await channel.close()
    assert answers == []


async def test_a_channel_leaves_no_file_no_process_and_no_task_behind(channel: Channel) -> None:
    async def use() -> None:
        await channel.open(lambda answer: None)
        await channel.send(NOTICE, None)
        await channel.close()

    async def settled() -> tuple[int, int, list[str]]:
        """The other end of a connection may be in this process, and close a moment later."""
        found, same = held(), 0
        while same < 20:
            await asyncio.sleep(0.01)
            found, same = held(), same + 1 if held() == found else 0
        return found

    async with asyncio.timeout(20):
        gc.collect()  # a file that an object of another test holds is not to be closed meanwhile
        await use()  # what is loaded or opened once for good
        before = await settled()
        await use()
        await use()
        assert await settled() == before


def held() -> tuple[int, int, list[str]]:
    """Open files, tasks, and children, zombies included."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    commands = [(Path("/proc") / pid / "comm").read_text().strip() for pid in children]
    return len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()), sorted(commands)  # noqa: PTH208


@pytest.mark.parametrize("kind", ["console", "command", "apprise", "ntfy", "desktop", "sound", "takeover"])
async def test_a_channel_that_cannot_deliver_says_so_in_the_one_way(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    monkeypatch.setenv("PATH", "/nowhere")
    for display in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(display, raising=False)
    monkeypatch.setenv("PHONE", "json://127.0.0.1:9/")
    monkeypatch.setenv("TOPIC", "notices")
    monkeypatch.setenv("ANSWERS", "answers")
    makers: dict[str, Callable[[], Channel]] = {
        "console": lambda: console.make("c", console.Options()),
        "command": lambda: command.make("c", command.Options(argv=("/nowhere/at/all",))),
        "apprise": by_mail,
        "ntfy": lambda: by_ntfy("http://127.0.0.1:9"),
        "desktop": lambda: desktop.make("c", desktop.Options()),
        "sound": lambda: sound.make("c", sound.Options()),
        "takeover": lambda: takeover.make("c", takeover.Options()),
    }
    channel = makers[kind]()
    await channel.open(lambda answer: None)
    with Path("/dev/full").open("w") as full, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", full)
        with pytest.raises(ChannelFailed) as caught:
            await channel.send(NOTICE, None)
        patched.setattr(sys, "stdout", sys.__stdout__)
        with suppress(OSError):  # what could not be written is still on its way
            full.close()
    await channel.close()
    assert caught.value.code
    assert caught.value.remedy
    assert "Session at" not in str(caught.value)


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


async def test_the_command_is_told_which_answers_a_question_takes(tmp_path: Path) -> None:
    await command.make("c", keep(tmp_path / "got")).send(question(), None)
    assert json.loads((tmp_path / "got").read_text())["actions"] == [
        {"key": "held", "label": "Held"},
        {"key": "was_late", "label": "Late"},
        {"key": "no_show", "label": "No-show"},
        {"key": "missed", "label": "I missed it"},
    ]


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


@pytest.mark.parametrize("mode", [None, 0o644], ids=["missing", "not to be run"])
async def test_a_program_that_cannot_be_run_is_found_without_a_notice(
    tmp_path: Path, mode: int | None
) -> None:
    program = tmp_path / "on-reminder"
    if mode is not None:
        program.touch(mode)
    with pytest.raises(ChannelFailed) as caught:
        await command.make("c", command.Options(argv=(str(program),))).probe()
    assert caught.value.code == "not-started"


async def test_a_command_that_does_not_read_its_input_is_no_failure() -> None:
    await command.make("c", command.Options(argv=("/bin/true",))).send(NOTICE, None)


@pytest.mark.parametrize("argv", [(), ("/bin/echo", "a\0b")])
def test_an_argv_that_can_never_run_is_refused_with_the_configuration(argv: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        command.Options(argv=argv)


async def test_a_cancelled_command_is_killed_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"sleep 60 & echo $! >{pid_file}.new; mv {pid_file}.new {pid_file}; wait"
    sending = asyncio.create_task(
        command.make("c", command.Options(argv=("/bin/sh", "-c", script))).send(NOTICE, None)
    )
    async with asyncio.timeout(10):
        while not pid_file.exists():
            await asyncio.sleep(0.01)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    eventually(lambda: ended(pid_file), "the end of the program's child")


async def test_a_program_may_talk_as_much_as_it_likes() -> None:
    script = "cat >/dev/null; head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2"
    await command.make("c", command.Options(argv=("/bin/sh", "-c", script))).send(NOTICE, None)


async def test_a_shell_can_read_the_document_as_a_line(tmp_path: Path) -> None:
    script = f'read -r document && printf %s "$document" >{tmp_path}/line'
    await command.make("c", command.Options(argv=("/bin/sh", "-c", script))).send(NOTICE, None)
    assert json.loads((tmp_path / "line").read_text())["session"] == "abc"


async def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"sleep 60 & echo $! >{pid_file}; wait"
    options = command.Options(argv=("/bin/sh", "-c", script), timeout=1)
    with pytest.raises(ChannelFailed):
        await command.make("c", options).send(NOTICE, None)
    eventually(lambda: ended(pid_file), "the end of the program's child")


def ended(pid_file: Path) -> bool:
    """Whether the process is gone; one that only waits to be reaped counts as gone."""
    status = Path(f"/proc/{pid_file.read_text().strip()}/stat")
    try:
        return status.read_text().split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def test_the_console_prints_nothing_into_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, other = tmp_path / "journal", tmp_path / "other"
    other.touch()
    with journal.open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        for told, refuses in ((journal, True), (other, False)):
            there = told.stat()
            monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino}")
            if refuses:
                with pytest.raises(ChannelFailed, match="journal"):
                    await console.make("c", console.Options()).send(NOTICE, None)
                assert journal.read_text() == ""
            else:
                await console.make("c", console.Options()).send(NOTICE, None)
    assert NOTICE.title in journal.read_text()


async def test_the_console_prints_title_text_and_how_to_answer(capsys: pytest.CaptureFixture[str]) -> None:
    await console.make("c", console.Options()).send(NOTICE, None)
    assert sys.stdout is not None
    assert capsys.readouterr().out.splitlines() == [
        "●●  Session at 14:00 starts in 5 min", "    50 min, video.", "    kepthour here"
    ]  # fmt: skip


async def test_the_console_names_the_command_of_each_answer_that_is_offered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    channel = console.make("c", console.Options())
    await channel.send(replace(NOTICE, actions=tuple(Action(key, "…") for key in Key)), None)
    assert capsys.readouterr().out.splitlines()[2:] == [
        "    kepthour here, kepthour ack, kepthour snooze, kepthour late 10m, kepthour out"
    ]
    await channel.send(DIGEST, None)
    assert len(capsys.readouterr().out.splitlines()) == 2


async def test_what_a_calendar_wrote_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    await console.make("c", console.Options()).send(replace(NOTICE, title="A\x1b[2JB\r\x9b1A\u202eC"), None)
    assert capsys.readouterr().out.splitlines()[0] == r"●●  A\u001b[2JB\u000d\u009b1A\u202eC"


async def test_a_terminal_without_the_characters_gets_others(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    await console.make("c", console.Options()).send(replace(NOTICE, text="say “here”"), None)
    assert (
        plain.buffer.getvalue()
        == b"**  Session at 14:00 starts in 5 min\n    say ?here?\n    kepthour here\n"
    )


async def test_a_closed_standard_output_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(ChannelFailed) as caught:
        await console.make("c", console.Options()).send(NOTICE, None)
    assert caught.value.code == "no-output"


async def test_a_terminal_shows_colours_and_one_that_is_stopped_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = pty.openpty()
    with os.fdopen(reading, "rb", buffering=0) as screen, os.fdopen(writing, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setenv("TERM", "xterm")
        channel = console.make("c", console.Options())
        await channel.send(NOTICE, None)
        assert b"\x1b[1;33m\xe2\x97\x8f" in screen.read(4096)
        termios.tcflow(terminal, termios.TCOOFF)  # as Ctrl+S does
        with pytest.raises(ChannelFailed) as caught:
            await channel.send(NOTICE, None)
        termios.tcflow(terminal, termios.TCOON)
        monkeypatch.undo()
    assert caught.value.code == "stopped"
