"""The man pages, one a command, from what the commands say of themselves.

    python tools/man_pages.py FOLDER

Needs click and click-man alone, so that a wheel can be built with them: hatch_build.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
from click_man.man import ManPage

ROOT = Path(__file__).parents[1]
NAME = "kepthour"
_LONGEST_SUMMARY = 200
_AS_WRITTEN = "\b"  # click's mark for a paragraph that keeps its lines
_END = """.SH FILES
.TP
\\fI~/.config/kepthour/config.toml\\fP
The configuration, or the file that \\fB\\-\\-config\\fP or the variable \\fBKEPTHOUR_CONFIG\\fP names.
.TP
\\fI~/.local/state/kepthour/\\fP
All that is stored. \\fBkepthour purge\\fP deletes it.
.SH EXIT STATUS
0: done. 1: it could not be done, and why is said on standard error. 2: wrong usage, or a fault in the configuration.
"""


def pages() -> Iterator[tuple[str, str]]:
    """Each page: the name of its file, and what stands in it."""
    from kepthour.cli.main import cli

    yield from _under(_context(cli, NAME), NAME)


def _context(command: click.Command, word: str, parent: click.Context | None = None) -> click.Context:
    return command.context_class(command, info_name=word, parent=parent, **command.context_settings)


def _under(ctx: click.Context, name: str) -> Iterator[tuple[str, str]]:
    """The page of the command of `ctx`, and of those below it."""
    command = ctx.command
    below = _below(ctx)
    page = ManPage(name)
    page.short_help = _roff(_summary(command))
    page.description = _roff("\n\n".join(cleandoc(text) for text in (command.help, command.epilog) if text))
    page.synopsis = " ".join(command.collect_usage_pieces(ctx))
    options = [one for one in command.get_params(ctx) if isinstance(one, click.Option)]
    records = (option.get_help_record(ctx) for option in options)
    page.options = [(record[0], _roff(record[1])) for record in records if record]
    page.commands = [(word, _roff(_summary(one))) for word, one in below]
    yield f"{name}.1", _finished(str(page), ctx, name)
    for word, one in below:
        yield from _under(_context(one, word, ctx), f"{name}-{word}")


def _below(ctx: click.Context) -> list[tuple[str, click.Command]]:
    if not isinstance(ctx.command, click.Group):
        return []
    found = ((word, ctx.command.get_command(ctx, word)) for word in ctx.command.list_commands(ctx))
    return [(word, one) for word, one in found if one is not None and not one.hidden]


def _summary(command: click.Command) -> str:
    return command.get_short_help_str(_LONGEST_SUMMARY).rstrip(".")


def _roff(text: str) -> str:
    """`text`, so that nothing in it is read as a request; what click shows line by line stays so."""
    return "\n\n".join(_paragraph(one) for one in text.split("\n\n"))


def _paragraph(text: str) -> str:
    lines = [line.replace("\\", "\\e").replace("-", "\\-") for line in text.split("\n")]
    said = [f"\\&{line}" if line.startswith((".", "'")) else line for line in lines if line != _AS_WRITTEN]
    return "\n".join([".nf", *said, ".fi"] if _AS_WRITTEN in lines else said)


def _finished(text: str, ctx: click.Context, name: str) -> str:
    """With no date, so that the same source makes the same page; and as it is typed, not as its file is called."""
    _head, *lines = text.splitlines()
    typed = lines.index(f".B {name}")
    lines[typed] = f".B {ctx.command_path}"
    head = f'.TH "{name.upper()}" "1" "" "Kept Hour" "Kept Hour"'
    return "\n".join([head, *lines, *(_END.splitlines() if name == NAME else [])]) + "\n"


def write(folder: Path) -> None:
    """Write all of them into `folder`."""
    for part in ("daemon", "connectors"):
        if str(ROOT / part) not in sys.path:
            sys.path.insert(0, str(ROOT / part))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
