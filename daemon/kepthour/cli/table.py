"""Lays out a table: rich tells how wide a text is and folds what is too long; what fits is simply padded.

rich's own table takes five seconds for a year of reminders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GAP = "  "
_NARROWEST = 20  # what is left to the widest column, however narrow the terminal is


def lines(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Each of `rows` (one at least) in columns: a line of at most `width` cells, or several, folded in its column.

    The widest column gives way.
    """
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    widest = widths.index(max(widths))
    others = sum(widths) - widths[widest] + len(_GAP) * (len(widths) - 1)
    widths[widest] = min(widths[widest], max(_NARROWEST, width - others))
    for row in rows:
        folded = map(_folded, row, widths)
        for line in zip_longest(*folded, fillvalue=""):
            yield _GAP.join(map(_padded, line, widths)).rstrip()


def _folded(cell: str, width: int) -> list[str]:
    if cell.isprintable() and cell_len(cell) <= width:
        return [cell]
    return [part.plain for part in Text(cell).wrap(Console(width=width), width, overflow="fold")] or [""]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))
