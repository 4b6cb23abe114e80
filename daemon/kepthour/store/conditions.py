"""Conditions that statements share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, or_


def one_of(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether it holds one of some constants. An `in_` is put together anew at each execution: that takes longer."""
    return or_(*(column == value for value in values))


def of_kind(subject: ColumnElement[str], kind: str) -> ColumnElement[bool]:
    """Whether a subject begins with `kind`, as a range: a LIKE would read every reminder there ever was."""
    return and_(subject >= f"{kind}:", subject < f"{kind};")


_AT_ONCE = 1000  # parameters of one statement; SQLite has a limit


def in_parts(values: Collection[str]) -> Iterator[list[str]]:
    """`values`, as many at a time as one statement may have parameters."""
    wanted = list(values)
    for first in range(0, len(wanted), _AT_ONCE):
        yield wanted[first : first + _AT_ONCE]
