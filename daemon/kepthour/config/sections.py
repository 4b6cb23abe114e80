"""A TOML file cut at its headers, byte for byte: so that a change of one table leaves all others as they are."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Table = dict[str, Any]
Path = tuple[str | int, ...]  # ("calendars", 1, "poll"): keys, and places in arrays


@dataclass(frozen=True, slots=True)
class Section:
    """A header with what stands under it, up to the next one. `path` is where that is; the first has none."""

    path: Path
    header: str  # its line, with the end; empty: the top of the file
    body: str
    tail: str  # blank lines and comments at its end: they belong to what follows


@dataclass(frozen=True, slots=True)
class Edit:
    """`value` at `path`; or, with `adds`, as one more entry of the array there. What is not there yet is made."""

    path: Path
    value: bool | str | Table
    adds: bool = False


def cut(text: str) -> list[Section]:
    """The sections of a valid TOML text, in order. Joined they are the text."""
    starts = [0, *_headers(text), len(text)]
    last: dict[Path, int] = {}
    return [_section(text[at:end], last, is_top=at == 0) for at, end in pairwise(starts)]


def joined(sections: Sequence[Section]) -> str:
    """The text again."""
    return "".join(one.header + one.body + one.tail for one in sections)


def _headers(text: str) -> Iterator[int]:
    """Where header lines begin. A line within an array or a text is none: up to there the file is no TOML."""
    at = 0
    for line in _lines(text):
        if line.lstrip().startswith("[") and _is_toml(text[:at]) and at:
            yield at
        at += len(line)


def _lines(text: str) -> list[str]:
    """With their ends. A line of TOML ends with a line feed alone; Python knows more that may stand in a comment."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _section(text: str, last: dict[Path, int], *, is_top: bool) -> Section:
    first, _, _rest = text.partition("\n")
    has_header = not is_top or first.lstrip().startswith("[")
    header = text[: len(first) + 1] if has_header else ""
    body, tail = _without_tail(text[len(header) :])
    return Section(_path(header, last) if header else (), header, body, tail)


def _without_tail(text: str) -> tuple[str, str]:
    lines = _lines(text)
    kept = len(lines)
    while kept and (not lines[kept - 1].strip() or lines[kept - 1].lstrip().startswith("#")):
        kept -= 1
    body = "".join(lines[:kept])
    return (body, text[len(body) :]) if _is_toml(body) else (text, "")  # a text may end in such a line


def _path(header: str, last: dict[Path, int]) -> Path:
    """Where the header points to; of arrays of tables their last place so far (`last`)."""
    keys = _keys(tomllib.loads(header))
    path: Path = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in last:
            path = (*path, last[path])
    path = (*path, keys[-1])
    if header.lstrip().startswith("[["):
        last[path] = last.get(path, -1) + 1
        path = (*path, last[path])
    return path


def _keys(found: Any) -> list[str]:
    keys = []
    while found:
        if isinstance(found, list):
            (found,) = found
            continue
        ((key, found),) = found.items()
        keys.append(key)
    return keys


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
