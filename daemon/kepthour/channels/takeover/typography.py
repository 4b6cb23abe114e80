"""What stands in the window, letter by letter: the running clock, and which letter of a label presses it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kepthour.core.window import WindowWords


def clock(words: WindowWords, moment: float, now: float) -> str:
    """How long it is to `moment`, or since; both in seconds since 1970 UTC."""
    left = math.ceil(moment - now)
    if left > 0:
        return words.ahead.replace("{clock}", _digits(left))
    gone = math.floor(now - moment)
    return words.since.replace("{clock}", _digits(gone)) if gone > 0 else words.now


def _digits(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def with_mnemonics(labels: Sequence[str]) -> list[str]:
    """The labels in Qt's form, each with an Alt key of its own as far as letters go."""
    taken: set[str] = set()
    return [_with_mnemonic(label, taken) for label in labels]


def _with_mnemonic(label: str, taken: set[str]) -> str:
    free = (at for at, letter in enumerate(label) if letter.isalnum() and letter.casefold() not in taken)
    at = next(free, None)
    if at is None:
        return plain(label)
    taken.add(label[at].casefold())
    return f"{plain(label[:at])}&{label[at:].replace('&', '&&')}"


def plain(text: str) -> str:
    """`text` as a label in Qt's form: without an Alt key."""
    return text.replace("&", "&&")
