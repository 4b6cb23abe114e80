"""Regular expressions that cannot hang a reminder: those that might never end are looked for in another process.

Python's `re` goes back and forth on some texts for longer than the universe is old (`(\\w+\\s?)*:` on a title of ten
words), and lets no other thread run meanwhile: the pump would stand still.
"""

from __future__ import annotations

import json
import re
import select
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

import structlog

from kepthour.core.patterns import Pattern, Undecided

log = structlog.get_logger()

CPU_SECONDS = 1.0  # for one text; a usual one takes some microseconds
_WAIT_SECONDS = 30.0  # for an answer, on a machine that has no time
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_LOOP = re.compile(r"[*+{]")
_MOST_LOOPS, _MOST_OPTIONS = 2, 8

# Python looks at signals between steps of a search, in a main thread. What is asked and answered is a line of JSON.
_SEEKER = f"""
import json, re, signal, sys
class Late(Exception): pass
def late(*_): raise Late
signal.signal(signal.SIGPROF, late)
signal.signal(signal.SIGINT, signal.SIG_IGN)
for line in sys.stdin:
    pattern, text = json.loads(line)
    try:
        signal.setitimer(signal.ITIMER_PROF, {CPU_SECONDS})
        match = re.search(pattern, text)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answer = [match and match.groupdict()]
    except Late:
        answer = []
    print(json.dumps(answer), flush=True)
"""


def compiled(text: str) -> Pattern:
    """The pattern that `text` is. Raises re.error, and others that `re` lets through."""
    plain = re.compile(text)
    return plain if ends_soon(text) else Apart(plain)


def ends_soon(text: str) -> bool:
    """Whether a search takes no longer than some power of the text's length: nothing that repeats is repeated."""
    return (
        _REPEATED_GROUP.search(text) is None
        and len(_LOOP.findall(text)) <= _MOST_LOOPS
        and text.count("?") - text.count("(?") <= _MOST_OPTIONS
    )


class Apart:
    """As `re.Pattern`, in another process; ends after a second of its time at the latest."""

    def __init__(self, plain: re.Pattern[str]) -> None:
        self._plain = plain

    @property
    def pattern(self) -> str:
        return self._plain.pattern

    @property
    def groupindex(self) -> Mapping[str, int]:
        return self._plain.groupindex

    def search(self, text: str, /) -> Mapping[str, str | None] | None:
        """The named groups. Raises Undecided."""
        answer = _found(self.pattern, text)
        if not answer:
            raise Undecided
        return answer[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Apart) and other._plain == self._plain

    def __hash__(self) -> int:
        return hash(self._plain)


class _Seeker:
    """The other process: begun when it is first asked, and anew if it does not answer. Ends with this one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._asking = threading.Lock()

    def ask(self, pattern: str, text: str) -> tuple[Mapping[str, str | None] | None, ...]:
        """What was found; empty: nobody knows. Never raises."""
        with self._asking:
            try:
                return tuple(json.loads(self._answer(json.dumps([pattern, text]))))
            except (OSError, ValueError):
                self._end()
                return ()

    def _answer(self, line: str) -> str:
        if self._process is None or self._process.poll() is not None:
            argv = [sys.executable, "-I", "-S", "-c", _SEEKER]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                argv, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], _WAIT_SECONDS)[0]:
            raise TimeoutError
        return process.stdout.readline()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with suppress(OSError), self._process:
                self._process = None


_seeker = _Seeker()


@lru_cache(maxsize=4096)
def _found(pattern: str, text: str) -> tuple[Mapping[str, str | None] | None, ...]:
    """Once for each: what takes a second is not to be sought at every turn."""
    answer = _seeker.ask(pattern, text)
    if not answer:
        log.warning("pattern.too_slow")
    return answer
