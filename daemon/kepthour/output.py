"""Standard output and error, which may be a terminal: somebody can stop that, and everything would stop with it."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import TextIO


def _takes_more(output: TextIO) -> bool:
    """Whether writing would not block: behind a terminal that Ctrl+S stopped, all reminders would wait."""
    try:
        number = output.fileno()
    except OSError:  # kept in memory
        return True
    poll = select.poll()  # not select(): it knows no number above 1023
    poll.register(number, select.POLLOUT)
    return bool(poll.poll(0))


def write_now(output: TextIO, text: str) -> bool:
    """Write as much of `text` as is taken at once; False: not all of it was.

    A terminal that nobody reads takes more until it is full, and then, in the middle of a text, waits. Raises OSError.
    """
    if not _takes_more(output):
        return False
    terminal = _terminal(output)
    if terminal is None:
        output.write(text)
        output.flush()
        return True
    data = text.encode(output.encoding or "utf-8", output.errors or "replace")
    try:
        with suppress(BlockingIOError):
            return os.write(terminal, data) == len(data)
    finally:
        os.close(terminal)
    return False


def _terminal(output: TextIO) -> int | None:
    """The terminal, opened once more: that this does not wait is nobody else's matter. None: it is none of ours."""
    if not output.isatty():
        return None
    try:
        return os.open(os.ttyname(output.fileno()), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:  # somebody else's: after su, say
        return None
