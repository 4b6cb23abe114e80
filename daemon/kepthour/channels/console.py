"""Channel `console`: prints the reminder on standard output, for a terminal that stays open."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TextIO

from pydantic import BaseModel, ConfigDict

from kepthour.core.ladder import Urgency
from kepthour.core.notice import LATE
from kepthour.core.plain import one_line
from kepthour.core.spans import format_duration
from kepthour.output import write_now
from kepthour.ports import Answer, ChannelFailed, Key, Notice

_MARKS = {Urgency.PASSIVE: "   ", Urgency.NORMAL: "●  ", Urgency.HIGH: "●● ", Urgency.CRITICAL: "●●●"}
_STYLES = {
    Urgency.PASSIVE: "dim",
    Urgency.NORMAL: "",
    Urgency.HIGH: "bold yellow",
    Urgency.CRITICAL: "bold red",
}
# What to type instead of pressing a button; no command opens a video room.
_COMMANDS = {
    Key.HERE: "here",
    Key.ACK: "ack",
    Key.SNOOZE: "snooze",
    Key.LATE: f"late {format_duration(LATE)}",
    Key.OUT: "out",
}


class Options(BaseModel):
    """The keys of a `console` channel: none of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def make(name: str, options: Options) -> Console:
    """A channel that prints."""
    return Console()


class Console:
    """Satisfies `ports.Channel`. What was printed cannot be replaced or recalled."""

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Nothing to prepare: a terminal's reader answers with commands."""

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Print `notice`, and the commands that answer it; None, since paper does not forget. Raises ChannelFailed."""
        output: TextIO | None = sys.stdout  # None where the process was started with it closed
        if output is None:
            raise _no_output()
        if _is_journal(output):
            raise ChannelFailed(
                "journal",
                "Standard output goes to the system's journal, which others may read.",
                "Take this channel out of the configuration of a service.",
            )
        try:
            if not write_now(output, _printed(notice, output)):
                raise ChannelFailed(
                    "stopped", "The terminal takes no text at present.", "Let it go on with Ctrl+Q."
                )
        except (OSError, ValueError) as error:  # the terminal was closed, the disk is full
            raise _no_output() from error
        return None

    async def close(self) -> None:
        """Nothing is held."""


def _no_output() -> ChannelFailed:
    return ChannelFailed(
        "no-output",
        "Standard output cannot be written to.",
        "Run Kept Hour in a terminal that stays open, or remove this channel.",
    )


def _is_journal(output: TextIO) -> bool:
    """Whether systemd says (systemd.exec(5), JOURNAL_STREAM) that this very stream is the journal's."""
    told = os.environ.get("JOURNAL_STREAM")
    if told is None:
        return False
    try:
        there = os.fstat(output.fileno())
    except OSError:  # kept in memory
        return False
    return told == f"{there.st_dev}:{there.st_ino}"


def _printed(notice: Notice, output: TextIO) -> str:
    title = f"{_MARKS[notice.urgency]} {one_line(notice.title)}"
    lines = [_encodable(title, output), _encodable(f"    {one_line(notice.text)}", output)]
    commands = [f"kepthour {_COMMANDS[action.key]}" for action in notice.actions if action.key in _COMMANDS]
    if commands:
        lines.append(f"    {', '.join(commands)}")
    if not output.isatty():
        return "".join(f"{line}\n" for line in lines)
    from rich.console import Console as Terminal
    from rich.text import Text

    terminal = Terminal(file=output)
    with terminal.capture() as printed:
        terminal.print(Text(lines[0], style=_STYLES[notice.urgency]), *map(Text, lines[1:]), sep="\n")
    return printed.get()


def _encodable(text: str, output: TextIO) -> str:
    """`text` in the characters that `output` has: the reminder must not fail for a dot."""
    encoding = output.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.replace("●", "*").encode(encoding, "replace").decode(encoding)
    return text
