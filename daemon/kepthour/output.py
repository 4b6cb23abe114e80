"""Standard output and error, which may be a terminal: somebody can stop that, and everything would stop with it."""

from __future__ import annotations

import select
from typing import TextIO


def takes_more(output: TextIO) -> bool:
    """Whether writing would not block: behind a terminal that Ctrl+S stopped, all reminders would wait."""
    try:
        number = output.fileno()
    except OSError:  # kept in memory
        return True
    poll = select.poll()  # not select(): it knows no number above 1023
    poll.register(number, select.POLLOUT)
    return bool(poll.poll(0))
