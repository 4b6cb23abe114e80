"""A question for yes or no takes the words of either language."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner, Result

from kepthour.cli.confirming import confirm


def _asked(said: str, *, default: bool = False, abort: bool = False) -> Result:
    @click.command()
    def ask() -> None:
        click.echo(f"so {confirm('Really?', default=default, abort=abort)}")

    return CliRunner().invoke(ask, input=said)


@pytest.mark.parametrize("word", ["y", "yes", "j", "ja", "J", " Ja ", "YES"])
def test_yes(word: str) -> None:
    assert _asked(f"{word}\n").output == f"Really? [y/N]: {word}\nso True\n"


@pytest.mark.parametrize("word", ["n", "no", "nein", "N", "Nein"])
def test_no(word: str) -> None:
    assert "[Y/n]" in (said := _asked(f"{word}\n", default=True).output)
    assert said.endswith("so False\n")
    assert _asked(f"{word}\n", abort=True).exit_code == 1


@pytest.mark.parametrize("default", [True, False])
def test_enter_takes_the_one_in_capitals_and_what_is_neither_is_asked_again(default: bool) -> None:
    assert _asked("\n", default=default).output.endswith(f"so {default}\n")
    assert _asked("maybe\nja\n", default=default).output.endswith("so True\n")
