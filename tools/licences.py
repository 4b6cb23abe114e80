"""The licences of all that runs with Kept Hour, as a page. It fails for one that is not known to go with ours.

python tools/licences.py > docs/licences.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = tuple(sorted(distribution("kepthour").metadata.get_all("Provides-Extra", [])))
# May be used by, and handed out beside, a program under Apache-2.0 without asking anything of its own text.
_PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0", "MIT-CMU",
    "Matplotlib",
    "PSF-2.0", "Zlib",
}  # fmt: skip
# Asks that its own files stay free and can be exchanged. They are installed by pip, whole, and none is changed.
_AS_A_LIBRARY = {"LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0"}
_CHOSEN_AGAINST = {"GPL-2.0-only", "GPL-3.0-only", "GPL-3.0-or-later"}  # as one of two; alone it does not go
# What stands in older metadata, by SPDX's names.
_NAMES = {
    "Apache 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "MIT License": "MIT",
}
# Looked up in the packages' own LICENSE, where the metadata names none exactly.
_LOOKED_UP = {
    "contourpy": "BSD-3-Clause",
    "cycler": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "kiwisolver": "BSD-3-Clause",
    "matplotlib": "Matplotlib",
    "pyasn1-modules": "BSD-2-Clause",
    "python-dateutil": "Apache-2.0 AND BSD-3-Clause",
    "qh3": "BSD-3-Clause",
    "sqlcipher3": "Zlib AND BSD-3-Clause AND Apache-2.0",  # with SQLCipher and OpenSSL in the wheel; SQLite is nobody's
}
_HEAD = """# Licences

Kept Hour is under Apache-2.0. What it needs to run is installed by pip beside it, unchanged, each under its own
licence. This page is written by `make lock`; a test fails for a package that is missing here, or whose licence does not
go with ours.

MPL-2.0 and LGPL-3.0 ask that their own files stay free and can be exchanged, as pip can at any time; they ask nothing
of a program that uses them. Where a package gives a choice, the one that fits is ours.

| package | licence | for |
|---|---|---|
"""


def closure(extras: tuple[str, ...]) -> set[str]:
    """The names of all that is installed for Kept Hour with these extras, but for itself."""
    found: set[tuple[str, str]] = set()
    todo = [("kepthour", extra) for extra in ("", *extras)]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                todo += [(canonicalize_name(needed.name), one) for one in ("", *needed.extras)]
    return {name for name, _extra in found} - {"kepthour"}


def licence(package: Distribution) -> str:
    """Its licence as an SPDX expression. Raises ValueError if it is not told exactly."""
    name, said = canonicalize_name(package.name), package.metadata
    if name in _LOOKED_UP:
        return _LOOKED_UP[name]
    classified = [
        one.rpartition(":: ")[2] for one in said.get_all("Classifier", []) if one.startswith("License")
    ]
    for text in (said.get("License-Expression"), said.get("License"), *classified):
        found = _NAMES.get(text or "", text or "")
        if found and set(_identifiers(found)) <= _PERMISSIVE | _AS_A_LIBRARY | _CHOSEN_AGAINST:
            return found
    raise ValueError(f"{name}: look up its licence, and see whether it goes with Apache-2.0")


def _identifiers(expression: str) -> list[str]:
    return [word for word in re.split(r"[\s()]+", expression) if word and word not in {"AND", "OR"}]


def goes_with_ours(expression: str) -> bool:
    """Whether a choice that it gives asks nothing of our own text. One with parentheses is for people to read."""
    fine = _PERMISSIVE | _AS_A_LIBRARY
    choices = [_identifiers(choice) for choice in expression.split(" OR ")]
    return "(" not in expression and any(choice and set(choice) <= fine for choice in choices)


def rows() -> Iterator[str]:
    """A line of the table for each package. Raises ValueError."""
    plain, needs = closure(()), {extra: closure((extra,)) for extra in EXTRAS}
    for name in sorted(closure(EXTRAS)):
        found = licence(distribution(name))
        if not goes_with_ours(found):
            raise ValueError(f"{name}: {found} does not go with Apache-2.0")
        extras = [extra for extra in EXTRAS if name in needs[extra]]
        yield f"| `{name}` | {found} | {'all' if name in plain else ', '.join(extras)} |"


if __name__ == "__main__":
    print(_HEAD + "\n".join(rows()))  # noqa: T201
