"""Command lines: every command and every option of the program's own tree, with values that nobody means.

Left out is what reaches past the folder of a test: `service install` and `uninstall` (they write units, with --system
those of the machine; `tests/systemd` has machines of its own for them), `run` and `demo` (they stay, and have tests of
their own). Of these `--help` and wrong usage are run. What would open a window, a browser or a clipboard finds no
program: PATH is an empty folder, and there is no display and no bus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click
from hypothesis import strategies as st

from kepthour.cli.main import cli
from tests.fuzz import values

_STAYS_OUT = {("run",), ("demo",), ("service", "install"), ("service", "uninstall")}
VERDICTS = ("missed", "on_time", "late", "technical", "unknown", "not_a_session", "suspected_miss", "Missed")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command: its words, and what may follow."""

    words: tuple[str, ...]
    params: tuple[click.Parameter, ...]


def leaves(command: click.Command = cli, words: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every command there is, groups that do something by themselves too."""
    context = click.Context(command)
    if not isinstance(command, click.Group):
        yield Leaf(words, tuple(command.params))
        return
    if command.invoke_without_command:
        yield Leaf(words, tuple(command.params))
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*words, name))


LEAVES = list(leaves())

_ODD = st.one_of(
    st.sampled_from([*values.TEXTS, "\udcff\udcfe"]),  # bytes that are no UTF-8, as Python has them
    # What begins so would be a place outside of the test's folder, if it is one.
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\x00"), max_size=12),
)


def _value(param: click.Parameter, ids: Sequence[str]) -> st.SearchStrategy[str]:
    """Mostly what the parameter is for."""
    kind, shown = param.type, f"{param.metavar or ''} {param.name}"
    if isinstance(kind, click.Choice):
        meant = st.sampled_from([str(one) for one in kind.choices])
    elif "FILE" in shown:
        return st.sampled_from(
            [*values.PLACES, "new.ics", "new.html", "new.json", ".", "", "\u202e", "x" * 300]
        )
    elif "verdict" in shown:
        meant = st.sampled_from(VERDICTS)
    elif "duration" in shown:
        meant = st.sampled_from(values.SPANS)
    elif "ID" in shown or param.name in {"session", "session_id", "card_id"}:
        meant = st.sampled_from([*ids, "none", "2", "0", "-1", "99999999999999999999", "0" * 10])
    elif param.name in {"n", "port", "which"}:
        meant = st.sampled_from(
            ["1", "2", "9", "0", "-1", "65536", "99999999999999999999", "1.5", *values.MOMENTS]
        )
    elif param.name == "language":
        meant = st.sampled_from(["en", "de", "fr", "de_DE.UTF-8", "../en"])
    elif param.name in {"names", "name"}:
        meant = st.sampled_from(["practice", "other", "Practice"])
    elif param.name in {"text", "title", "word", "reason"}:
        meant = st.sampled_from(["AB", "forgot", "x"])
    else:
        meant = st.sampled_from(values.MOMENTS)
    return st.one_of(meant, meant, meant, _ODD)


@st.composite
def command_lines(draw: st.DrawFn, ids: Sequence[str]) -> list[str]:
    """The words behind `kepthour`."""
    leaf = draw(st.sampled_from(LEAVES))
    if leaf.words in _STAYS_OUT:
        return [*leaf.words, draw(st.sampled_from(["--help", "--nonsense", "-\u00e4", "--config"]))]
    words = list(leaf.words)
    if words[:1] == ["repair"] and len(words) > 1 and words[1] != "rules":
        words.insert(1, draw(st.sampled_from([*ids, "2", "", "-1", "\u0661"])))
    for param in leaf.params:
        if isinstance(param, click.Argument):
            count = draw(st.sampled_from([1] * 8 + [0, 2]))
            words += [draw(_value(param, ids)) for _ in range(count)]
        elif isinstance(param, click.Option) and param.name not in {"version", "verbose"}:
            if not draw(st.sampled_from([True, False, False] + [False] * 9 * (param.name == "config"))):
                continue
            words.append(param.opts[0])
            if not param.is_flag:
                words.append(draw(_value(param, ids)))
    if draw(st.sampled_from([False] * 9 + [True])):
        words.insert(draw(st.integers(0, len(words))), draw(_ODD))
    # A process is given no NUL, and no word beyond 128 KiB.
    return [word.replace("\x00", "") for word in words]
