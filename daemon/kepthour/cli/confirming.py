"""Yes or no, in the words of each language that notices have: what a command prints is English, a hand is not."""

from __future__ import annotations

import click

_YES = {"y", "yes", "j", "ja"}
_NO = {"n", "no", "nein"}


def confirm(question: str, *, default: bool = False, abort: bool = False, err: bool = False) -> bool:
    """As click's own, which knows no word but English ones. With `abort` a no raises click.Abort."""
    answer: bool = click.prompt(
        f"{question} [{'Y/n' if default else 'y/N'}]",
        default="y" if default else "n",
        show_default=False,
        value_proc=_meant,
        err=err,
    )
    if abort and not answer:
        raise click.Abort
    return answer


def _meant(said: str) -> bool:
    word = said.strip().lower()
    if word in _YES | _NO:
        return word in _YES
    raise click.UsageError("write y or n")
