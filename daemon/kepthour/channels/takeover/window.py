"""The process with the windows: `python -m kepthour.channels.takeover.window`. Orders come in on standard input.

It ends when standard input does, so it never outlives the daemon. What it shows stands on no command line, in no log.
"""

from __future__ import annotations

import os
import resource
import sys

from kepthour.channels.takeover import documents
from kepthour.channels.takeover.documents import Unable, Word


def say(word: Word) -> None:
    """To the daemon. If that is gone, so are we soon."""
    try:
        os.write(sys.stdout.fileno(), documents.line(word))
    except BrokenPipeError:
        sys.exit(0)


def main() -> int:
    """The exit code. Returns when standard input ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold what is shown
    try:
        from kepthour.channels.takeover.stage import run
    except ImportError:
        say(Unable("library"))
        return 1
    return run(sys.stdin.fileno(), say)


if __name__ == "__main__":
    sys.exit(main())
