"""Changes one thing in a configuration's text, and leaves every other byte as it is. Nothing else knows tomlkit.

tomlkit keeps the comments and the form of the table that changes. It is given that table alone: in a whole file it
would put a new key behind the comment that heads the next table, and draw a divided array of tables together.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import MutableSequence
from dataclasses import replace
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from kepthour.config.sections import Edit, Path, Section, Table, cut, joined
from kepthour.core.errors import NeedsPerson

_BY_HAND = "Change it by hand: docs/configuration.md."


def edited(content: bytes, edit: Edit, remark: str) -> bytes:
    """The content with `edit`, and nothing else, changed. `remark` stands above a table that is new.

    `content` is valid TOML in UTF-8. Raises NeedsPerson if it is written in a way that does not allow that.
    """
    text = content.decode("utf-8")
    ends = "\r\n" if "\r\n" in text and "\n" not in text.replace("\r\n", "") else "\n"
    plain = text.replace("\r\n", "\n") if ends == "\r\n" else text
    try:
        changed = joined(_changed(cut(plain), edit, remark))
        is_right = tomllib.loads(changed) == _as_it_should_be(tomllib.loads(plain), edit)
    except (TOMLKitError, ValueError, TypeError, KeyError) as error:
        raise NeedsPerson("The file is written in a way that cannot be added to.", _BY_HAND) from error
    if not is_right:
        raise NeedsPerson("The file is written in a way that cannot be added to.", _BY_HAND)
    return (changed.replace("\n", "\r\n") if ends == "\r\n" else changed).encode()


def without(content: bytes, path: Path, remark: str = "") -> bytes:
    """The content with the key at `path`, which stands there, taken out, and nothing else. Raises NeedsPerson.

    Its table goes with it if nothing else stands there, and the `remark` that `edited` wrote above that.
    """
    text = content.decode("utf-8")
    try:
        changed = joined(_without_empty([_shortened(section, path) for section in cut(text)], path, remark))
        wanted = tomllib.loads(text)
        del _at(wanted, path[:-1])[path[-1]]
        is_right = _filled(tomllib.loads(changed)) == _filled(wanted)
    except (TOMLKitError, ValueError, TypeError, KeyError) as error:
        raise NeedsPerson("The file is written in a way that cannot be changed.", _BY_HAND) from error
    if not is_right:
        raise NeedsPerson("The file is written in a way that cannot be changed.", _BY_HAND)
    return changed.encode()


def _shortened(section: Section, path: Path) -> Section:
    depth = len(section.path)
    if section.path == path:  # a table with a header of its own
        return replace(section, header="", body="")
    if section.path != path[:depth]:
        return section
    document: Any = tomlkit.parse(section.body)
    *way, key = path[depth:]
    try:
        del _at(document, tuple(way))[key]
    except KeyError:
        return section
    return replace(section, body=tomlkit.dumps(document))


def _without_empty(sections: list[Section], path: Path, remark: str) -> list[Section]:
    for at, one in enumerate(sections):
        is_bare = one.header and "#" not in one.header
        if is_bare and one.path == path[:-1] and not one.body.strip():
            behind = replace(one, header="", body="")
            return [*_without_remark(sections[:at], remark), behind, *sections[at + 1 :]]
    return sections


def _without_remark(sections: list[Section], remark: str) -> list[Section]:
    """If it is the last line."""
    if not sections:
        return []
    for end in ("\n", "\r\n"):
        if sections[-1].tail.endswith(line := f"# {remark}{end}"):
            return [*sections[:-1], replace(sections[-1], tail=sections[-1].tail.removesuffix(line))]
    return sections


def _at(here: Any, path: Path) -> Any:
    for part in path:
        here = here[part]
    return here


def _filled(raw: Table) -> Table:
    """Without tables in which nothing stands: an empty header means nothing."""
    return {key: value for key, value in raw.items() if value != {}}


def _as_it_should_be(raw: Table, edit: Edit) -> Table:
    """The same change of the plain values: the text has to mean this."""
    whole = copy.deepcopy(raw)
    here: Any = whole
    *way, key = edit.path
    for place, part in enumerate(way):
        if isinstance(part, str):
            here = here.setdefault(part, {} if isinstance(edit.path[place + 1], str) else [])
        else:
            here = here[part]
    if edit.adds:
        here.setdefault(key, []).append(edit.value)
    else:
        here[key] = edit.value
    return whole


def _changed(sections: list[Section], edit: Edit, remark: str) -> list[Section]:
    """In the section that is nearest to the value; a new one at the end, if none holds it, or could."""
    for reach in range(len(edit.path) - 1, -1, -1):
        for at, section in enumerate(sections):
            if section.path == edit.path[:reach]:
                body = _in_body(section.body, edit.path[reach:], edit, is_own=reach == len(edit.path) - 1)
                if body is not None:
                    header = section.header
                    if header and not header.endswith("\n"):  # the file's last line, without an end
                        header += "\n"
                    return [*sections[:at], replace(section, header=header, body=body), *sections[at + 1 :]]
    return _with_new_section(sections, edit, remark)


def _in_body(body: str, way: Path, edit: Edit, *, is_own: bool) -> str | None:
    """The body with the change; None: what is to change does not stand in it. `is_own`: a new key may come into it."""
    document = tomlkit.parse(body)
    here: Any = document
    *tables, last = way
    key = str(last)
    for part in tables:
        if isinstance(part, str) and part not in here:
            return None
        here = here[part]
    if edit.adds:
        if key in here:
            if not isinstance(here[key], MutableSequence):
                return None
            here[key].append(_inline(edit.value))
        elif isinstance(here, InlineTable):  # nothing of it may stand elsewhere
            here[key] = [_inline(edit.value)]
        else:
            return None
    elif key in here or tables:
        here[key] = _value(edit.value)
    elif is_own:
        if body and not body.endswith("\n"):
            body += "\n"
        return body + tomlkit.dumps({key: _value(edit.value)})
    else:
        return None
    return tomlkit.dumps(document)


def _value(value: Any) -> Any:
    """A table as one in a line: a header of its own would end the one that it stands in."""
    return _inline(value) if isinstance(value, dict) else value


def _inline(value: Any) -> Any:
    """A table as people write it in a line: `{ at = "-2h" }`."""
    table = tomlkit.inline_table()
    table.update(value)
    return tomlkit.parse(f"it = {table.as_string().replace('{', '{ ', 1).removesuffix('}')} }}\n")["it"]


def _with_new_section(sections: list[Section], edit: Edit, remark: str) -> list[Section]:
    """At the end of the file; an entry of an array within an array of tables behind the entry that it belongs to."""
    *way, key = edit.path
    if edit.adds:
        names, values = [part for part in edit.path if isinstance(part, str)], edit.value
        header = f"[[{'.'.join(names)}]]\n"
    else:
        names, values = [part for part in way if isinstance(part, str)], {str(key): edit.value}
        header = f"[{'.'.join(names)}]\n"
    assert isinstance(values, dict)
    new = Section(edit.path, f"# {remark}\n{header}", _rendered(values), "")
    owner = edit.path[:-1]
    nested = [at for at, one in enumerate(sections) if one.path[: len(owner)] == owner]
    if any(isinstance(part, int) for part in owner) and nested:
        at = nested[-1] + 1
        before = sections[at - 1]
        line_end = "" if joined([before]).endswith("\n") else "\n"
        behind = replace(before, tail=before.tail + line_end)
        return [*sections[: at - 1], behind, replace(new, header=header), *sections[at:]]
    last = sections[-1]
    end = joined([last])
    gap = "" if not end or end.endswith("\n\n") else "\n" if end.endswith("\n") else "\n\n"
    return [*sections[:-1], replace(last, tail=last.tail + gap), new]


def _rendered(values: Table) -> str:
    """Key by key; tables within arrays in one line each."""
    lines = []
    for key, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inside = ", ".join(_inline(one).as_string() for one in value)
            lines.append(f"{key} = [{inside}]\n")
        else:
            lines.append(tomlkit.dumps({key: _value(value)}))
    return "".join(lines)
