"""Configurations that begin as valid ones, and are damaged: in their values, in their tables, in their bytes."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import strategies as st

from kepthour.config.faults import Faulty
from kepthour.config.reading import parse
from kepthour.plugins import Plugins
from tests.fuzz import values

_ROOT = Path(__file__).parents[2]
_PAGES = [_ROOT / "README.md", *sorted((_ROOT / "docs").rglob("*.md"))]
_MINIMAL = '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\n'
_SECRET_KEYS = {"password", "topic", "answers", "token", "url"}
COMMANDS = (
    ("check",), ("check", "--json"), ("agenda",), ("rehearse",), ("status",), ("init", "--no-input"), ("here",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A file's content, and the command that meets it."""

    content: bytes
    command: tuple[str, ...]


def _documented() -> Iterator[str]:
    """Every table of the documentation and of the example, what is commented out there, too."""
    yield from re.findall(
        r"```toml\n(.*?)```", "".join(page.read_text("utf-8") for page in _PAGES), re.DOTALL
    )
    example = (_ROOT / "config.example.toml").read_text("utf-8")
    yield example
    # Keys and tables that are commented out: each by itself, under the table in which it stands.
    header = ""
    for line in example.splitlines():
        bare = line.removeprefix("# ")
        if bare.startswith("["):
            header = bare
        elif line.startswith("# ") and re.match(r"[a-z_]+ = ", bare):
            yield f"{header}\n{bare}"


def _bases() -> list[dict[str, Any]]:
    found = [tomllib.loads(_MINIMAL)]
    for text in _documented():
        # a part of a table; a plug-in's own, not installed here
        with suppress(tomllib.TOMLDecodeError, Faulty):
            table = _at_home(tomllib.loads(_MINIMAL) | tomllib.loads(text))
            parse(Path("config.toml"), tomlkit.dumps(table).encode(), Plugins())
            found.append(table)
    return found


def _at_home(value: Any) -> Any:
    """Nothing of it asks another machine, or runs a program."""
    if isinstance(value, dict):
        return {key: ["true"] if key in {"argv", "command"} else _at_home(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_at_home(one) for one in value]
    if isinstance(value, str) and "://" in value:
        return "https://127.0.0.1:9/"
    return value


BASES = _bases()

_ODD = st.one_of(
    st.sampled_from(
        [True, False, 0, 1, -1, 2**63 - 1, -(2**63), 10**300, 0.5, -0.0, float("nan"), float("inf"), 1e308]
    ),
    st.sampled_from(
        [
            date(1, 1, 1),
            datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
            time(12, 30),
            datetime(2026, 3, 29, 2, 30),
        ]
    ),
    st.sampled_from(
        [[], {}, [[]], [{}], {"": ""}, [[[[["x"]]]]], {"a": {"b": {"c": 1}}}, ["x", 1, True], [""]]
    ),
    st.sampled_from(values.TEXTS),
    st.sampled_from(values.SPANS),
    st.sampled_from(values.MOMENTS),
    st.sampled_from(values.PATTERNS),
    st.sampled_from(values.ZONES),
    st.sampled_from(values.PLACES),
    st.sampled_from(values.ADDRESSES),
    st.text(max_size=20),
    st.integers(),
)
# What is run, or asked, is none of chance's: only what no program and no other machine is called.
_UNTOUCHED = {"argv", "command"}


def _spots(table: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value stands, and every table."""
    pairs = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    for key, value in pairs:
        if key in _UNTOUCHED:
            continue
        yield (*path, key)
        yield from _spots(value, (*path, key))


def _changed(draw: st.DrawFn, table: dict[str, Any]) -> None:
    """One accident."""
    *way, key = draw(st.sampled_from(sorted(_spots(table), key=repr)))
    around: Any = table
    for part in way:
        around = around[part]
    odd = copy.deepcopy(draw(_ODD))
    match draw(st.sampled_from(["value", "value", "value", "key", "gone", "doubled", "deep", "secret"])):
        case "value" if key == "name" and values.SECRET in str(odd):
            pass  # a name is printed: whoever writes a password there shows it
        case "value":
            around[key] = odd
        case "key" if isinstance(around, dict):
            around[draw(st.sampled_from(["x", "", "name ", "Ärger", "a.b", 'q"q', "\n", "typ"]))] = odd
        case "gone":
            del around[key]
        case "doubled" if isinstance(around, list):
            around.append(copy.deepcopy(around[key]))
        case "deep" if isinstance(around, dict):
            for _ in range(draw(st.integers(1, 60))):
                odd = [odd] if draw(st.booleans()) else {"a": odd}
            around[key] = odd
        case "secret" if key in _SECRET_KEYS:
            around[key] = values.SECRET


def _written(table: dict[str, Any]) -> str:
    try:
        return tomlkit.dumps(table)
    except Exception:  # noqa: BLE001  (what cannot be written as TOML: a NUL, say)
        return _MINIMAL + "x = " + repr(table)


_TEXTUAL: dict[str, Callable[[str], bytes]] = {
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "latin-1": lambda text: (text + "# Ä\n").encode("latin-1", "replace"),
    "nul": lambda text: text.encode() + b"\x00",
    "cut": lambda text: text.encode()[: len(text) // 2],
    "twice": lambda text: (text + "\n" + text).encode(),
    "one table twice": lambda text: (text + "\n[digests]\n[digests]\n").encode(),
    "comment of megabytes": lambda text: text.encode() + b"# x\n" * 2_500_000,
    "line of megabytes": lambda text: b'x = "' + b"x" * 10_000_000 + b'"\n' + text.encode(),
    "deep brackets": lambda text: text.encode() + b"\n[x]\ny = " + b"[" * 5_000 + b"]" * 5_000,
    "deep braces": lambda text: text.encode() + b"\n[x]\ny = " + b"{a=" * 3_000 + b"1" + b"}" * 3_000,
    "deep keys": lambda text: text.encode() + b"\n[" + b"a." * 5_000 + b"a]\n",
    "huge number": lambda text: b"x = " + b"9" * 5_000 + b"\n" + text.encode(),
    "empty": lambda _text: b"",
    "blank": lambda _text: b"\n\n",
    "binary": lambda text: bytes(range(256)) + text.encode(),
    "surrogate": lambda text: text.encode() + b'x = "\\ud800"\n',
}


@st.composite
def configurations(draw: st.DrawFn) -> Case:
    """A case; nothing of it leaves this machine, or runs a program."""
    table = copy.deepcopy(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2, 2, 4]))):
        if table:
            _changed(draw, table)
    text = _written(table)
    kind = draw(st.sampled_from([None] * 30 + sorted(_TEXTUAL)))
    content = _TEXTUAL[kind](text) if kind else text.encode("utf-8", "surrogatepass")
    return Case(content, draw(st.sampled_from(COMMANDS)))
