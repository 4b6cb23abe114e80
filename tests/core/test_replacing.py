"""The configuration file is replaced whole, with the old one kept; or not at all, with a sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kepthour.config import replacing
from kepthour.config.replacing import replaced
from kepthour.core.errors import NeedsPerson

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAME = "config.toml.before-20260302T090000Z"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "config.toml"
    made.write_bytes(b"old")
    made.chmod(0o640)
    return made


def test_the_old_one_is_kept_beside_it_and_mode_and_owner_stay(file: Path) -> None:
    if os.geteuid() == 0:
        os.chown(file, 1234, 1235)
    was = file.stat()
    kept = replaced(file, b"old", b"new", NOW)
    assert (kept.name, kept.read_bytes(), file.read_bytes()) == (NAME, b"old", b"new")
    for one in (file, kept):
        now = one.stat()
        assert (now.st_mode, now.st_uid, now.st_gid) == (was.st_mode, was.st_uid, was.st_gid)
    assert sorted(one.name for one in file.parent.iterdir()) == ["config.toml", NAME]


def test_a_link_stays_one_and_what_it_points_to_is_written(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(file)
    kept = replaced(link, b"old", b"new", NOW)
    assert link.is_symlink() and file.read_bytes() == b"new" and kept.parent == file.parent


def test_twice_in_a_second_both_are_kept(file: Path) -> None:
    replaced(file, b"old", b"new", NOW)
    again = replaced(file, b"new", b"newer", NOW)
    assert (again.name, again.read_bytes()) == (f"{NAME}-2", b"new")


def assert_untouched(file: Path, content: bytes = b"old") -> None:
    assert file.read_bytes() == content
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_what_was_changed_meanwhile_is_left_alone(file: Path) -> None:
    file.write_bytes(b"by somebody else")
    with pytest.raises(NeedsPerson, match="was changed since"):
        replaced(file, b"old", b"new", NOW)
    assert_untouched(file, b"by somebody else")


def test_also_if_it_is_changed_while_it_is_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = replacing._fill

    def and_somebody_saves(handle: int, content: bytes, like: os.stat_result) -> None:
        fill(handle, content, like)
        file.write_bytes(b"by somebody else")

    monkeypatch.setattr(replacing, "_fill", and_somebody_saves)
    with pytest.raises(NeedsPerson, match="was changed since"):
        replaced(file, b"old", b"new", NOW)
    assert_untouched(file, b"by somebody else")


def test_one_that_is_read_only_is_not_ours_to_write_for_root_neither(file: Path) -> None:
    file.chmod(0o444)
    with pytest.raises(NeedsPerson, match=r"read-only.*by hand"):
        replaced(file, b"old", b"new", NOW)
    assert_untouched(file)


@pytest.mark.parametrize("fails", ["fsync", "fchmod"])
def test_where_the_disk_refuses_nothing_is_left_behind(
    file: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    real: Callable[..., None] = getattr(os, fails)
    calls = []

    def the_second_time(*args: object) -> None:
        calls.append(args)
        (refuse if len(calls) == 2 else real)(*args)

    monkeypatch.setattr(os, fails, the_second_time)
    with pytest.raises(NeedsPerson, match="No space left"):
        replaced(file, b"old", b"new", NOW)
    assert_untouched(file)
