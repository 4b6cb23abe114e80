"""The process that has the windows, as the daemon sees it: begun, told what to show, heard, ended."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from kepthour.channels.takeover import documents
from kepthour.channels.takeover.display import surroundings
from kepthour.channels.takeover.documents import Order, Ready, Unable, Word
from kepthour.ports import ChannelFailed

_READY_SECONDS = 10.0  # Qt's start on a slow machine, twice over
_GRACE_SECONDS = 1.0
_VISIBLE = ("xcb", "wayland")  # Qt's other platforms draw where nobody looks
# Of Debian's, what Qt needs on X11 and what a desktop without Qt programs may lack.
_LIBRARIES = (
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxkbcommon-x11-0"
)
EXTRA = "takeover"


class Child:
    """One process. `heard` is told what it says once it is ready, `ended` when it is gone, both on the event loop."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        heard: Callable[[Word], None],
        ended: Callable[[Child], None],
    ) -> None:
        self._process = process
        self._heard = heard
        self._ended = ended
        self._first: asyncio.Future[Word | None] = asyncio.get_running_loop().create_future()
        self._listening = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def gone(self) -> bool:
        """Whether it has ended."""
        return self._listening.done()

    def tell(self, order: Order) -> None:
        """Hand it over. That it arrived, the process says itself."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(documents.line(order))

    async def ready(self) -> None:
        """Wait until it has a display that somebody looks at. Raises ChannelFailed."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                first = await asyncio.shield(self._first)
        except TimeoutError:
            raise _no_display("The display does not answer.") from None
        if not isinstance(first, Ready):
            raise _unable(first)
        if not first.platform.startswith(_VISIBLE):
            raise ChannelFailed(
                "unseen",
                "Qt is told to draw where nobody looks (QT_QPA_PLATFORM).",
                "Start Kept Hour without that variable.",
            )

    async def end(self) -> None:
        """Its windows go, and it ends: gladly, or else by force."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await _ended(self._process)
        await self._listening

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError, KeyError, TypeError):  # it talks nonsense: it is no window of ours
            while text := await self._process.stdout.readline():
                self._hear(documents.word(text))
        await _ended(self._process)
        if not self._first.done():
            self._first.set_result(None)
        self._ended(self)

    def _hear(self, word: Word) -> None:
        if not self._first.done():
            self._first.set_result(word)
        else:
            self._heard(word)


async def begin(heard: Callable[[Word], None], ended: Callable[[Child], None]) -> Child:
    """A process that is ready to show. Cancelled while it starts, it is ended. Raises ChannelFailed."""
    if not installed():
        raise ChannelFailed(
            "not-installed",
            "The library PySide6 is not installed.",
            f'Install Kept Hour with its extra "{EXTRA}": docs/install.md',
        )
    environment = await surroundings()
    if environment is None:
        raise _no_display("There is no display.")
    starting = asyncio.ensure_future(_start(environment))
    try:
        child = Child(await asyncio.shield(starting), heard, ended)
    except asyncio.CancelledError:
        process = await starting
        assert process.stdin is not None
        process.stdin.close()
        await _ended(process)
        raise
    try:
        await child.ready()
    except BaseException:
        await child.end()
        raise
    return child


def installed() -> bool:
    """Whether Qt is there; it is not loaded."""
    return importlib.util.find_spec("PySide6") is not None


async def _start(environment: dict[str, str]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "kepthour.channels.takeover.window",
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # Qt and the desktop's plugins may print anything
            start_new_session=True,  # Ctrl+C in a terminal is for us alone: we end it
        )  # fmt: skip
    except OSError as error:
        raise ChannelFailed(
            "not-started",
            f"The window's process could not be started ({error.strerror}).",
            "Try again later.",
        ) from error


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for the end of a process that has no reason to go on, and do not wait long."""
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _unable(said: Word | None) -> ChannelFailed:
    match said:
        case Unable("library"):
            return ChannelFailed(
                "not-loaded", "Qt cannot be loaded.", "apt install libegl1 libgl1 libfontconfig1 libdbus-1-3"
            )
        case Unable("plugin"):
            return ChannelFailed(
                "not-loaded", "Qt lacks a library for this display.", f"apt install {_LIBRARIES}"
            )
        case _:
            return _no_display("The display cannot be reached.")


def _no_display(what: str) -> ChannelFailed:
    return ChannelFailed(
        "no-display", what, "Run Kept Hour as you, in your desktop session, or remove this channel."
    )
