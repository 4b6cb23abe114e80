"""A report as it is read, on a terminal and on a page: sections with a title, sentences, numbers, and what to draw."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Texts in columns. The first one names the row; of a text that is empty nothing is said."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of bar, one number a label."""

    name: str
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """What a plot shows. The table beside it has the same numbers."""

    labels: tuple[str, ...]
    series: tuple[Series, ...]
    axis: str  # what the numbers are
    is_share: bool = False  # they are parts of one, and are shown in percent
    is_stacked: bool = False  # else the bars of one label stand beside each other
    is_upright: bool = False  # the labels are numbers that follow each other


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report."""

    key: str  # names it for a program
    title: str
    says: tuple[str, ...]
    table: Table | None = None
    bars: Bars | None = None
