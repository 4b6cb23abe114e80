"""`kepthour purge`: one's own data gone, and nothing else."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest

from tests.support.calendars import calendar, event
from tests.support.fence import TITLE
from tests.support.world import KEPTHOUR, World

NOW = datetime.now(UTC).replace(microsecond=0)
ALIAS = "QZ"  # stands in nothing else


pytestmark = pytest.mark.usefixtures("turnable_clock")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A store with a session of three days ago, missed, and one to come."""
    made = World(tmp_path)
    made.configure(
        '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\nsessions = "rules"\n'
        "[[sessions.rules]]\ntitle = '^(?P<client>[A-Z]{2})'\nis = \"session\"\n"
        '[channels.console]\ntype = "console"\n'
    )
    write(made, past=NOW - timedelta(days=3), coming=NOW + timedelta(days=1))
    made.shift_clock(NOW - timedelta(days=3))
    made.cli("sync")
    past = min(made.json("agenda", "--to", "+7d")["sessions"], key=lambda one: str(one["start"]))
    made.cli("settle", past["id"], "missed", "--reason", "a word about QZ")
    made.shift_clock(datetime.now(UTC))
    return made


def write(world: World, **starts: datetime) -> None:
    stamp, length = "%Y%m%dT%H%M%SZ", timedelta(minutes=50)
    events = [
        event(uid, f"{ALIAS} {TITLE}", f"{at:{stamp}}", f"{at + length:{stamp}}", zone=None)
        for uid, at in starts.items()
    ]
    (world.home / "practice.ics").write_text(calendar(*events), encoding="utf-8", newline="")


def kept(world: World) -> bytes:
    """All that stands in the data folder, byte by byte."""
    folder = world.store_file.parent
    return (
        b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file()) if folder.exists() else b""
    )


def test_after_an_export_and_a_purge_no_byte_of_a_client_is_left(world: World) -> None:
    assert b"a word about QZ" in kept(world)
    export = world.folder / "export.json"
    world.cli("export", "--output", str(export))
    told = world.cli("purge", "--yes").stdout
    assert "Deleted:" in told
    assert not world.store_file.parent.exists()
    assert "a word about QZ" in export.read_text(encoding="utf-8")
    assert world.config_file.exists() and (world.home / "practice.ics").exists()
    assert "There is nothing to delete." in world.cli("purge").stdout


def test_only_what_is_its_own_goes(world: World) -> None:
    folder = world.store_file.parent
    others = [
        folder / name for name in ("notes.txt", "kepthour.database", "kepthour.db.bak", "kepthour.db-notes")
    ]
    for file in others:
        file.write_text("precious")
    (folder / "calendars" / "0123456789ab").mkdir(parents=True)  # of another configuration
    (folder / "kepthour.db.damaged-20260101T000000").write_text("old")
    (folder / "kepthour.db.rescue-abc_12").mkdir()
    (folder / "kepthour.db.before-0007").write_text("old")
    (folder / "kepthour.db.before-0011-new").write_text("half")
    (folder / "taken-up-0123456789abcdef.toml-new").write_text("half")
    mine = folder / "calendars" / hashlib.sha256(b"practice").hexdigest()[:12]
    mine.mkdir()
    (mine / "google-token.json").write_text("{}")
    world.json("purge", "--yes")
    left = {one.relative_to(folder).as_posix() for one in folder.rglob("*")}
    assert left == {one.name for one in others} | {"calendars", "calendars/0123456789ab"}


def test_without_a_terminal_nothing_goes_unless_it_is_said(world: World) -> None:
    before = kept(world)
    for options in ([], ["--before", "-2d"]):
        assert "add --yes" in world.cli("purge", *options, expect=1).stderr
    assert kept(world) == before


@pytest.mark.parametrize(("key", "is_gone"), [("y\r", True), ("\r", False)])
def test_a_terminal_is_asked(world: World, key: str, is_gone: bool) -> None:
    terminal = pexpect.spawn(str(KEPTHOUR), ["purge"], env=world.env, encoding="utf-8", timeout=30)
    terminal.expect(r"Delete it\? \[y/N\]: ")
    assert "kepthour.db" in str(terminal.before)
    terminal.send(key)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert (terminal.exitstatus == 0, not world.store_file.exists()) == (is_gone, is_gone)


def test_not_while_a_daemon_runs(world: World) -> None:
    with world.daemon():
        assert "already running" in world.cli("purge", "--yes", expect=1).stderr
    assert world.store_file.exists()


def test_what_was_over_before_goes_byte_by_byte_and_the_rest_stays(world: World) -> None:
    copy = world.store_file.with_name("kepthour.db.before-0011")
    copy.write_text("a word about QZ")
    assert world.json("purge", "--yes", "--before", "-1d")["sessions"] == 1
    world.cli("sync")  # its calendar holds it still: it is not asked about anew
    assert b"a word about QZ" not in kept(world)
    assert world.json("repair")["cards"] == []
    assert len(world.json("agenda", "--to", "+3d")["sessions"]) == 1


@pytest.mark.parametrize("at", ["tomorrow", "now"])
def test_what_is_watched_still_cannot_be_purged(world: World, at: str) -> None:
    assert "must lie a day back" in world.cli("purge", "--yes", "--before", at, expect=2).stderr
