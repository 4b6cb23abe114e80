"""The wheel and the sdist: nothing is missing in them, and what is installed from either works."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@example.org",
    "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@example.org",
}  # fmt: skip
FALLBACK: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["version"][
    "fallback-version"
]
_GROUPS = ("kepthour.connectors", "kepthour.channels", "kepthour.evidence", "console_scripts")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command says that has to succeed."""
    told = os.environ | environment
    done = subprocess.run(command, cwd=cwd, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: Path, kind: str, into: Path) -> Path:
    """A package of `source`. Without an environment of its own: the tools of this one build it."""
    run(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(into), cwd=source)
    (made,) = into.iterdir()
    return made


@dataclass(frozen=True)
class Packages:
    """`unpacked` is the folder of the sdist; the wheels are one of the checkout, one of that folder."""

    unpacked: Path
    of_checkout: Path
    of_sdist: Path


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Built once."""
    folder = tmp_path_factory.mktemp("packages")
    sdist = build(ROOT, "sdist", folder / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return Packages(
        unpacked, build(ROOT, "wheel", folder / "one"), build(unpacked, "wheel", folder / "other")
    )


def contents(wheel: Path) -> dict[str, bytes]:
    """What stands in a wheel, but for what tells of its own files."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("RECORD")}


def sources() -> Iterator[tuple[str, Path]]:
    """Every file of the program, by its name in a wheel."""
    for folder in (ROOT / "daemon", ROOT / "connectors"):
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(folder).as_posix(), path


def test_the_wheel_holds_every_file_of_the_program_and_nothing_else(packages: Packages) -> None:
    found = contents(packages.of_checkout)
    expected = dict(sources())
    assert any(name.endswith(".mo") for name in expected)
    assert any("migrations/versions/" in name for name in expected)
    assert any(name.endswith("user/kepthour.service") for name in expected)
    assert any(name.endswith(".j2") for name in expected)
    assert {name for name in found if name.startswith("kepthour") and "-" not in name.split("/")[0]} == set(
        expected
    )
    assert all(found[name] == path.read_bytes() for name, path in expected.items())
    shared = {name.partition(".data/data/")[2] for name in found} - {""}
    assert {name for name in shared if not name.startswith("share/man/")} == {
        "share/kepthour/config.example.toml"
    }
    assert "share/man/man1/kepthour.1" in shared


def test_the_sdist_makes_the_same_wheel(packages: Packages) -> None:
    assert packages.of_sdist.name == packages.of_checkout.name
    assert contents(packages.of_sdist) == contents(packages.of_checkout)


def test_the_sdist_holds_what_the_checkout_s_commands_need(packages: Packages) -> None:
    there = {path.name for path in packages.unpacked.iterdir()}
    assert {
        "Makefile",
        "pyproject.toml",
        "properdocs.yml",
        "hatch_build.py",
        "tools",
        "tests",
        "docs",
    } <= there


@pytest.fixture(params=["of_checkout", "of_sdist"])
def installed(request: pytest.FixtureRequest, packages: Packages, tmp_path: Path) -> Path:
    """An environment with one of the wheels.

    What it depends on is taken from this environment, so that no index is needed. Its own packages come first, and the
    editable Kept Hour of this environment is not among the others: a .pth file does not read those of another folder.
    """
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    wheel: Path = getattr(packages, request.param)
    python = home / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    run(*pip, str(wheel), cwd=tmp_path)
    packages_there = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    )
    (packages_there / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


_LOAD = """
from importlib.metadata import entry_points, distribution
import sys, kepthour, kepthour_connectors
from pathlib import Path
home = Path(sys.prefix)
for package in (kepthour, kepthour_connectors):
    assert Path(package.__path__[0]).is_relative_to(home), package.__path__
for group in sys.argv[1:]:
    for point in entry_points(group=group):
        if point.value.startswith("kepthour"):
            point.load()
            print(group, point.name)
from kepthour.languages import tongue
assert tongue("de").gettext("Check in.") != "Check in."
from kepthour.drafts import render
"""
_CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "{}"
sessions = "all"
[channels.terminal]
type = "console"
"""


def test_what_is_installed_works(installed: Path, tmp_path: Path) -> None:
    loaded = run(installed / "bin" / "python", "-c", _LOAD, *_GROUPS, cwd=tmp_path)
    points = [(group, point) for group in _GROUPS for point in entry_points(group=group)]
    expected = {(group, point.name) for group, point in points if point.value.startswith("kepthour")}
    assert {tuple(line.split()) for line in loaded.splitlines()} == expected
    assert len(expected) > 10

    (tmp_path / "a.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
    (tmp_path / "config.toml").write_text(_CONFIG.format(tmp_path / "a.ics"))
    (tmp_path / "config.toml").chmod(0o600)
    here = {"HOME": str(tmp_path), "KEPTHOUR_CONFIG": str(tmp_path / "config.toml")}
    command = installed / "bin" / "kepthour"
    assert run(command, "--version", cwd=tmp_path, **here).startswith("Kept Hour, version 0.")
    assert "in sync" in run(command, "sync", cwd=tmp_path, **here)  # makes the store, by its migrations
    assert "Would write" in run(command, "service", "install", "--dry-run", cwd=tmp_path, **here)
    assert (installed / "share" / "man" / "man1" / "kepthour.1").is_file()
    assert (installed / "share" / "kepthour" / "config.example.toml").is_file()


@pytest.mark.parametrize("installed", ["of_sdist"], indirect=True)
def test_the_demonstration_runs_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "bin" / "kepthour", "demo", "--attend", cwd=tmp_path, HOME=str(tmp_path))
    assert "Checked in" in said


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What a version is told from, in a folder without git."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return folder


def git(folder: Path, *words: str) -> None:
    run("git", *words, cwd=folder, **_GIT)


def committed(folder: Path) -> None:
    (folder / "file").write_text(f"{len(list(folder.iterdir()))} {(folder / 'file').exists()}")
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "x")


def version(folder: Path, **environment: str) -> str:
    return run(sys.executable, "-m", "hatchling", "version", cwd=folder, **_GIT, **environment).strip()


def test_an_archive_without_git_has_a_version(copy: Path) -> None:
    assert version(copy) == FALLBACK


def test_an_archive_within_another_checkout_does_not_take_its_version(copy: Path) -> None:
    git(copy.parent, "init", "--quiet")
    committed(copy.parent)
    git(copy.parent, "tag", "v7.0.0")
    assert version(copy) == FALLBACK


def test_a_checkout_without_a_tag_counts_its_commits(copy: Path) -> None:
    committed(copy)
    assert version(copy).startswith(f"{FALLBACK[:-1]}1+g")


def test_a_checkout_without_git_at_hand_has_a_version(copy: Path) -> None:
    committed(copy)
    assert version(copy, PATH="/nonexistent") == FALLBACK


def test_a_tag_is_the_version_and_a_commit_behind_it_is_before_the_next(copy: Path) -> None:
    committed(copy)
    git(copy, "tag", "v1.2.3")
    assert version(copy) == "1.2.3"
    committed(copy)
    assert version(copy).startswith("1.2.4.dev1+g")


def test_a_shallow_clone_has_a_version(copy: Path, tmp_path: Path) -> None:
    committed(copy)
    git(copy, "tag", "v1.2.3")
    committed(copy)
    git(tmp_path, "clone", "--quiet", "--depth", "1", copy.as_uri(), "shallow")
    assert version(tmp_path / "shallow").startswith(FALLBACK[:-1])
