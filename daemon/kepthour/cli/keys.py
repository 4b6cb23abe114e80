"""Single keys on a terminal, as they are pressed."""

from __future__ import annotations

from collections.abc import Container, Iterator

import click

STOP = frozenset({"q", "\x1b"})
LATER = frozenset({"\r", "\n", " "})


def keys(meant: Container[str]) -> Iterator[str]:
    """The keys that are in `meant`, one by one, however fast they are typed."""
    while True:
        pressed = click.getchar().lower()
        if pressed in STOP or not pressed.startswith("\x1b"):  # an arrow, say, is a longer sequence
            yield from (key for key in pressed if key in meant)
