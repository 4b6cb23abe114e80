"""Conditions that statements share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, or_


def one_of(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether it holds one of some constants. An `in_` is put together anew at each execution: that takes longer."""
    return or_(*(column == value for value in values))
