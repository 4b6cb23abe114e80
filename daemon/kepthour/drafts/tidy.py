"""What is done to a text after its template: blank lines put right, and what is left to fill in found."""

from __future__ import annotations

import re

_BLANK = re.compile(r"\n{3,}")
_BRACKETS = re.compile(r"\[[^\[\]\n]+\]")


def tidy(text: str) -> str:
    """Without blanks at the ends of lines, and with one empty line at most: conditions in templates leave more."""
    lines = (line.rstrip() for line in text.strip().splitlines())
    return _BLANK.sub("\n\n", "\n".join(lines))


def placeholders(text: str) -> tuple[str, ...]:
    """What stands in square brackets, each once, in the order of the text."""
    return tuple(dict.fromkeys(_BRACKETS.findall(text)))
