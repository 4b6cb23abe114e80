"""How it asks. Every question can be stopped; what nobody answers any more is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from kepthour.cli.confirming import confirm

_T = TypeVar("_T")


def ask(question: str, default: str | None, check: Callable[[str], _T]) -> _T:
    """One answer, asked for until `check` takes it: it raises ValueError with a sentence otherwise."""
    while True:
        said: str = _answered(lambda: click.prompt(question, default=default))
        try:
            return check(said.strip())
        except ValueError as error:
            click.echo(str(error))


def ask_secret(question: str, before: str | None, check: Callable[[str], _T]) -> _T:
    """As `ask`, without a sign on the screen, and to the letter.

    `before` is what Enter stands for, if it was asked already.
    """
    shown = f"{question} (not shown{'; Enter keeps it' if before else ''})"
    while True:
        said: str = _answered(
            lambda: click.prompt(shown, default=before, show_default=False, hide_input=True)
        )
        try:
            return check(said)
        except ValueError as error:
            click.echo(str(error))


def choose(question: str, answers: Sequence[str], default: str) -> str:
    """One of these words, of which the first letters are enough."""

    def check(said: str) -> str:
        fitting = [one for one in answers if one.startswith(said.lower())]
        if len(fitting) == 1:
            return fitting[0]
        raise ValueError(f"Write one of these: {', '.join(answers)}.")

    return ask(f"{question} ({', '.join(answers)})", default, check)


def choose_number(question: str, count: int) -> int:
    """One of `count` numbered lines, from 0 on."""

    def check(said: str) -> int:
        if said.isdecimal() and 1 <= int(said) <= count:
            return int(said) - 1
        raise ValueError(f"Write a number from 1 to {count}.")

    return ask(question, "1", check)


def agree(question: str, *, default: bool) -> bool:
    """Yes or no."""
    return _answered(lambda: confirm(question, default=default))


def _answered(prompt: Callable[[], _T]) -> _T:
    from kepthour.core.errors import NeedsPerson

    try:
        return prompt()
    except click.Abort as stop:
        if isinstance(stop.__context__, EOFError):
            raise NeedsPerson(
                "There is nobody to answer: the input has ended.",
                "Run it in a terminal, or with --no-input.",
            ) from None
        raise
