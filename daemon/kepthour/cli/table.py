"""Lays out a table: rich tells how wide a text is and folds what is too long; what fits is simply padded.

rich's own table takes five seconds for a year of reminders. What such a table holds stands there many times: each text
is measured, and laid into its column, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from operator import itemgetter

from rich.cells import cell_len

_GAP = "  "
_FIRST = itemgetter(0)
_NARROWEST = 20  # what is left to the widest column, however narrow the terminal is


def lines(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Each of `rows` (one at least) in columns: a line of at most `width` cells, or several, folded in its column.

    The widest column gives way.
    """
    columns = list(zip(*rows, strict=True))
    sizes = [{cell: _size(cell) for cell in set(column)} for column in columns]
    widths = [max(of_column.values()) for of_column in sizes]
    widest = widths.index(max(widths))
    others = sum(widths) - widths[widest] + len(_GAP) * (len(widths) - 1)
    widths[widest] = min(widths[widest], max(_NARROWEST, width - others))
    laid = [
        _laid(column, of_column, width)
        for column, of_column, width in zip(columns, sizes, widths, strict=True)
    ]
    blank = [" " * width for width in widths]
    for cells in zip(*laid, strict=True):
        if max(map(len, cells)) == 1:
            yield _GAP.join(map(_FIRST, cells)).rstrip()
            continue
        for parts in zip_longest(*cells):
            filled = (part or empty for part, empty in zip(parts, blank, strict=True))
            yield _GAP.join(filled).rstrip()


def _size(cell: str) -> int:
    """How many cells of a terminal it takes."""
    return len(cell) if cell.isascii() and cell.isprintable() else cell_len(cell)


def _laid(column: Sequence[str], sizes: Mapping[str, int], width: int) -> Iterator[list[str]]:
    """The cells of a column of this `width`, each as its lines, padded."""
    once = {cell: _folded(cell, size, width) for cell, size in sizes.items()}
    return map(once.__getitem__, column)


def _folded(cell: str, size: int, width: int) -> list[str]:
    if cell.isprintable() and size <= width:
        return [cell + " " * (width - size)]
    from rich.console import Console  # slow to import, and few tables have something to fold
    from rich.text import Text

    folded = [part.plain for part in Text(cell).wrap(Console(width=width), width, overflow="fold")] or [""]
    return [line + " " * (width - cell_len(line)) for line in folded]
