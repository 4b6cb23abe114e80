"""Channel `command`: runs a program with the reminder as one JSON document on its standard input."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from kepthour.ports import Answer, ChannelFailed, Notice

_Word = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # the kernel takes no NUL


class Options(BaseModel):
    """The keys of a `command` channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    argv: tuple[_Word, ...] = Field(min_length=1, description="the program and its arguments; no shell")
    timeout: float = Field(10.0, gt=0, le=14, description="seconds until it is ended")


def make(name: str, options: Options) -> Command:
    """A channel that runs `options.argv` for each notice."""
    return Command(options)


class Command:
    """Satisfies `ports.Channel` and `Probeable`. Exit code 0 means accepted; what the program prints is ignored."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Nothing to prepare: every notice starts the program anew, and it cannot answer."""

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Run the program; None, since nothing can be replaced. Raises ChannelFailed."""
        program = self._options.argv[0]
        process = await self._started(program)
        try:
            async with asyncio.timeout(self._options.timeout):
                # A program that does not read its input is no failure; communicate() forgives a closed pipe.
                # The line's end is for shells: without one their `read` reports a failure.
                await process.communicate(json.dumps(document(notice)).encode() + b"\n")
        except TimeoutError:
            raise ChannelFailed(
                "timeout", f"{program} did not end in time.", "Make it quicker, or raise its timeout."
            ) from None
        finally:
            await _end(process)
        if process.returncode != 0:
            raise ChannelFailed(
                "exit-code", f"{program} ended with {process.returncode}.", "Run it by hand to see why."
            )
        return None

    async def _started(self, program: str) -> asyncio.subprocess.Process:
        """The program, running. Cancelled while it starts, it is ended with its children: it may run by then."""
        starting = asyncio.ensure_future(self._start(program))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await _end(await starting)
            raise

    async def _start(self, program: str) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *self._options.argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,  # it may print anything, a client's name too
                start_new_session=True,
            )
        except OSError as error:
            raise ChannelFailed(
                "not-started",
                f"{program} could not be started ({error.strerror}).",
                "Check its path and mode.",
            ) from error

    async def probe(self) -> None:
        """Look whether there is such a program. Raises ChannelFailed."""
        program = self._options.argv[0]
        if shutil.which(program) is None:
            raise ChannelFailed(
                "not-started", f"{program} is not there, or may not be run.", "Check its path and mode."
            )

    async def close(self) -> None:
        """Nothing is held."""


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill a program that still runs, with its children, and reap it. What one that ended left behind may go on."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):  # gone already, or sudo made it another's
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def document(notice: Notice) -> dict[str, Any]:
    """The JSON document: a promise to users' scripts; add to it, never rename."""
    return {
        "session": notice.subject,
        "rung": notice.rung,
        "urgency": notice.urgency.value,
        "title": notice.title,
        "text": notice.text,
        "start": _stamp(notice.start),
        "end": _stamp(notice.end),
        "actions": [{"key": action.key.value, "label": action.label} for action in notice.actions],
    }


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
