"""The man pages are the commands' own words, and `man` has nothing to say against them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kepthour.cli.main import cli

ROOT = Path(__file__).parents[2]
_ALONE = """
import sys
class OnlyClick:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        known = sys.stdlib_module_names | {"click", "click_man", "kepthour", "kepthour_connectors"}
        if top not in known and not top.startswith("_"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, OnlyClick())
import runpy
sys.argv = ["man_pages", *sys.argv[1:]]
runpy.run_path("tools/man_pages.py", run_name="__main__")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages, made as a wheel makes them: with nothing but click and click-man."""
    made = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, "-c", _ALONE, str(made)], cwd=ROOT, check=True)
    return made


def every(command: click.Command, name: str) -> dict[str, click.Command]:
    """All commands, by the names of their pages."""
    found = {name: command}
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for word in command.list_commands(ctx):
            below = command.get_command(ctx, word)
            assert below is not None
            found |= every(below, f"{name}-{word}")
    return found


COMMANDS = every(cli, "kepthour")


def test_every_command_has_a_page(folder: Path) -> None:
    assert {path.stem for path in folder.iterdir()} == set(COMMANDS)
    assert len(COMMANDS) > 35


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_tells_each_option_and_leads_to_what_is_below(folder: Path, name: str) -> None:
    command, page = COMMANDS[name], (folder / f"{name}.1").read_text().replace("\\-", "-")
    for option in command.params:
        if isinstance(option, click.Option):
            assert max(option.opts, key=len) in page
            assert option.help is None or option.help.splitlines()[0][:40].replace("\\", "\\e") in page
    if isinstance(command, click.Group):
        below = command.list_commands(click.Context(command))
        assert re.findall(r"\\fB(\S+)\(1\)", page) == [f"{name}-{word}" for word in below]


def test_a_list_of_words_keeps_its_lines(folder: Path) -> None:
    page = (folder / "kepthour-settle.1").read_text()
    assert "\n.nf\nVERDICT is one of:\n  on_time " in page


@pytest.mark.skipif(shutil.which("man") is None, reason="not installed: man-db")
@pytest.mark.parametrize("name", COMMANDS)
def test_man_shows_it_without_a_warning(folder: Path, name: str) -> None:
    command = ["man", "--warnings", "--encoding=UTF-8", "--local-file", str(folder / f"{name}.1")]
    environment = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANWIDTH": "100"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stderr == ""
    assert name.upper() in done.stdout
