"""Every fault of a configuration, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kepthour.core.plain import plain

if TYPE_CHECKING:
    from kepthour.config.faults import Faulty

_MOST = 50


def tell(faulty: Faulty) -> None:
    """Which file, and what is wrong with it."""
    _say(f"kepthour: the configuration {faulty.file} cannot be used:")
    for fault in faulty.faults[:_MOST]:
        _say(f"  {fault}")
    if more := len(faulty.faults[_MOST:]):
        _say(f"  … and {more} more.")


def _say(text: str) -> None:
    click.echo(plain(text), err=True)
