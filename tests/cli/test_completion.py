"""The shell completes commands, options and words of their own; never an id, and without opening anything."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from kepthour.cli.main import cli
from kepthour.cli.settle import VERDICTS

BIN = Path(sys.executable).parent
_BASH = """
source <(_KEPTHOUR_COMPLETE=bash_source kepthour)
compopt() { :; }  # there is one only while a key is being pressed
COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_kepthour_completion kepthour
printf '%s\\n' "${COMPREPLY[@]}"
"""


def surroundings(home: Path) -> dict[str, str]:
    """Nothing of anybody's, but the program."""
    return {"HOME": str(home), "PATH": f"{BIN}:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"}


def bash(home: Path, *words: str) -> set[str]:
    """What bash's own function offers for the last of `words`."""
    shell = ["bash", "--norc", "--noprofile", "-c", _BASH, "bash", "kepthour", *words]
    done = subprocess.run(shell, capture_output=True, text=True, env=surroundings(home), check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a configuration that nobody can read: who tried would say so."""
    (tmp_path / ".config" / "kepthour").mkdir(parents=True)
    (tmp_path / ".config" / "kepthour" / "config.toml").write_text("= broken")
    return tmp_path


def test_bash_offers_all_commands(home: Path) -> None:
    assert bash(home, "") == set(cli.table)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["re"], {"rehearse", "repair", "report"}),
        (["agenda", "--"], {"--from", "--to", "--json", "--verbose", "--config", "--help"}),
        (["agenda", "--from", "today", "--j"], {"--json"}),
        (["service", "un"], {"uninstall"}),
        (["settle", ""], set(VERDICTS)),
        (["settle", "3de72e0764", "client"], {"client_no_show", "client_cancelled"}),
        (["repair", ""], {"rules"}),
        (["repair", "1", "s"], {"step", "slots"}),
        (["repair", "1", "step", "2", "un"], {"undone"}),
        (["explain", ""], set[str]()),
        (["here", "--session", ""], set[str]()),
    ],
)
def test_bash_offers_what_may_follow(home: Path, words: list[str], offered: set[str]) -> None:
    assert bash(home, *words) == offered


def test_a_pressed_tab_completes_in_a_real_shell(home: Path) -> None:
    words = ["--norc", "--noprofile", "-i"]
    with pexpect.spawn("bash", words, env=surroundings(home), encoding="utf-8", timeout=60) as shell:
        shell.sendline("PS1='read''y '; source <(_KEPTHOUR_COMPLETE=bash_source kepthour)")
        shell.expect_exact("\nready ")
        shell.send("kepthour rehe\t")
        shell.expect_exact("kepthour rehearse ")
        shell.send("--js\t")
        shell.expect_exact("--json ")


def test_it_opens_and_writes_nothing(home: Path) -> None:
    bash(home, "settle", "")
    bash(home, "repair", "1", "")
    assert [path.name for path in sorted(home.rglob("*")) if path.is_file()] == ["config.toml"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="not installed: fish")
def test_fish_completes(home: Path) -> None:
    script = "_KEPTHOUR_COMPLETE=fish_source kepthour | source; complete -C 'kepthour re'"
    done = subprocess.run(
        ["fish", "-c", script], capture_output=True, text=True, env=surroundings(home), check=True
    )
    assert {line.split("\t")[0] for line in done.stdout.splitlines()} == {"rehearse", "repair", "report"}


@pytest.mark.skipif(shutil.which("zsh") is None, reason="not installed: zsh")
def test_zsh_understands_the_script(home: Path) -> None:
    script = """
        autoload -Uz compinit && compinit -D
        source <(_KEPTHOUR_COMPLETE=zsh_source kepthour)
        print -r -- $_comps[kepthour]
        words=(kepthour re); CURRENT=2
        _describe() { print -rl -- ${(P)3} }
        _kepthour_completion
    """
    environment = surroundings(home) | {"ZDOTDIR": str(home)}
    done = subprocess.run(
        ["zsh", "-f", "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    first, *offered = done.stdout.splitlines()
    assert first == "_kepthour_completion"
    assert {line.split(":")[0] for line in offered if line} == {"rehearse", "repair", "report"}
    assert [path.name for path in home.iterdir()] == [".config"]
