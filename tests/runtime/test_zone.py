"""Noticing that the machine's zone is another one, with real files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kepthour.runtime.zone import ZoneWatch

BERLIN, TOKYO = b"TZif of Berlin", b"TZif of Tokyo!"  # of one length, as rules may be


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A folder as /etc is, on a machine that was set up by systemd."""
    for name, content in (("Berlin", BERLIN), ("Tokyo", TOKYO)):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "localtime").symlink_to("Berlin")
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    return tmp_path


def replace_link(etc: Path) -> None:
    """As timedatectl does: a new link takes the place of the old one."""
    (etc / "new").symlink_to("Tokyo")
    (etc / "new").replace(etc / "localtime")


def replace_file(etc: Path) -> None:
    """As a container's owner does: a copy, and no link."""
    (etc / "new").write_bytes(TOKYO)
    (etc / "new").replace(etc / "localtime")


def write_over(etc: Path) -> None:
    (etc / "localtime").write_bytes(TOKYO)


def name_another(etc: Path) -> None:
    (etc / "timezone").write_text("Asia/Tokyo\n")


def take_away(etc: Path) -> None:
    (etc / "localtime").unlink()


def update_rules(etc: Path) -> None:
    """The package of the zone rules was updated: the same name, another content."""
    (etc / "new").write_bytes(BERLIN + b" since the reform")
    (etc / "new").replace(etc / "Berlin")


def point_nowhere(etc: Path) -> None:
    (etc / "Berlin").unlink()


CHANGES = [replace_link, replace_file, write_over, name_another, take_away, update_rules, point_nowhere]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_the_zone_is_noticed_once(change: Callable[[Path], None], etc: Path) -> None:
    watch = ZoneWatch((etc / "localtime", etc / "timezone"))
    assert not watch.changed()
    change(etc)
    assert watch.changed()
    assert not watch.changed()


def test_one_that_comes_and_goes_between_two_looks_is_no_news_unless_it_left_a_trace(etc: Path) -> None:
    watch = ZoneWatch((etc / "localtime",))
    os.utime(etc / "Berlin", ns=(1, 1))
    assert watch.changed()
    os.utime(etc / "localtime", ns=(2, 2), follow_symlinks=False)
    assert not watch.changed()


def test_a_machine_without_these_files_has_nothing_to_notice(tmp_path: Path) -> None:
    watch = ZoneWatch((tmp_path / "localtime", tmp_path / "timezone"))
    assert not watch.changed()
    (tmp_path / "localtime").write_bytes(TOKYO)
    assert watch.changed()
