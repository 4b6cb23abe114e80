"""What comes from others: declared, locked with hashes, and under a licence that goes with ours."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.licences import EXTRAS, closure, goes_with_ours, rows

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
_ENTRY = re.compile(
    r"^([\w.-]+)==(\S+?)(?: ; [^\\\n]*)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def group(name: str) -> list[str]:
    """The requirements of a dependency group, with those of the groups in it."""
    found: list[str] = []
    for one in PROJECT["dependency-groups"][name]:
        found += [one] if isinstance(one, str) else group(one["include-group"])
    return found


RUN = PROJECT["project"]["dependencies"]
ALL = [*RUN, *(one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra)]


def locked(name: str) -> dict[str, str]:
    """The version of each package of a lock."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return {found[1]: found[2] for found in _ENTRY.finditer(text)}


@pytest.mark.parametrize(
    ("lock", "wanted"), [("dev", [*ALL, *group("dev")]), ("demo", [*RUN, *group("build")])]
)
def test_the_lock_holds_what_the_project_asks_for(lock: str, wanted: Iterable[str]) -> None:
    """Mended by: make lock."""
    there = locked(lock)

    def holds(one: Requirement) -> bool:
        return one.specifier.contains(there.get(canonicalize_name(one.name), ""), prereleases=True)

    asked = [Requirement(text) for text in wanted]
    assert [str(one) for one in asked if not holds(one)] == []
    assert len(asked) > 25


def test_both_locks_say_the_same() -> None:
    demo, dev = locked("demo"), locked("dev")
    assert demo.items() <= dev.items()
    assert len(demo) > 50


@pytest.mark.parametrize("lock", ["demo", "dev"])
def test_a_lock_has_a_hash_for_every_file_and_names_no_place(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    rest = _ENTRY.sub("", text)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    assert [word for word in ("://", "--index", "--extra-index", "--find-links", "@ ") if word in text] == []


def test_what_builds_a_package_is_among_what_is_locked() -> None:
    assert {Requirement(one).name for one in PROJECT["build-system"]["requires"]} <= {
        Requirement(one).name for one in group("build")
    }
    assert set(PROJECT["build-system"]["requires"]) <= set(group("build"))


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    command = [sys.executable, "-m", "deptry", "--no-ansi", "daemon", "connectors"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def listed() -> list[str]:
    """The table of the page."""
    return [
        line for line in (ROOT / "docs" / "licences.md").read_text().splitlines() if line.startswith("| `")
    ]


def test_the_licence_of_everything_that_runs_is_on_the_page() -> None:
    """Mended by: make lock; if that fails, look up what it names, and see whether it goes with Apache-2.0."""
    there = listed()
    assert [row for row in rows() if row not in there] == []
    names = [row.split("`")[1] for row in there]
    assert names == sorted(set(names))
    # Some are needed by older versions of Python only, so the lock may know more than is installed here.
    assert set(names) <= locked("dev").keys()
    assert closure(EXTRAS) <= set(names)


@pytest.mark.parametrize(
    ("expression", "goes"),
    [
        ("MIT", True),
        ("LGPL-3.0-or-later", True),
        ("GPL-3.0-or-later OR Apache-2.0", True),
        ("BSD-3-Clause AND Zlib", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("MIT AND GPL-2.0-only", False),
        ("(MIT OR Apache-2.0) AND GPL-2.0-only", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_a_licence_goes_with_ours_or_not(expression: str, goes: bool) -> None:
    assert goes_with_ours(expression) is goes


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    asked = {Requirement(one).name for one in [*ALL, *group("dev"), *group("supply")]}
    assert sorted(name for name in asked if f"`{name}`" not in reasons) == []
