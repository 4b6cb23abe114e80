"""Text for any terminal: what a user or a calendar wrote into it commands nothing, and fits."""

from __future__ import annotations

import unicodedata

_LONGEST = 1_000  # characters of a line; the middle of a longer one says the least
_KEPT = 300  # at its start, and at its end
# control, format (directions of writing, too), half characters, line ends
_COMMANDS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def plain(text: str) -> str:
    """`text` without what a terminal would obey; lines of a sane length."""
    return "\n".join(_fitting("".join(map(_shown, line))) for line in text.split("\n"))


def one_line(text: str) -> str:
    """The same, for a cell of a table."""
    if text.isprintable() and len(text) <= _LONGEST:  # nearly always, and a year has thousands
        return text
    return plain(" ".join(text.split("\n"))).strip()


def _shown(character: str) -> str:
    if character in "\t\u200d" or unicodedata.category(character) not in _COMMANDS:
        return character
    return f"\\u{ord(character):04x}"


def _fitting(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_KEPT]} … {line[-_KEPT:]}"
