"""`kepthour purge`: one's own data gone, and nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest

from tests.support.calendars import calendar, event
from tests.support.fence import TITLE
from tests.support.sealed import connect
from tests.support.world import KEPTHOUR, World

NOW = datetime.now(UTC).replace(microsecond=0)
ALIAS = "QZ"  # stands in nothing else


pytestmark = pytest.mark.usefixtures("turnable_clock")


CONFIG = (
    '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\nsessions = "rules"\n'
    "[[sessions.rules]]\ntitle = '^(?P<client>[A-Z]{2})'\nis = \"session\"\n"
    '[channels.console]\ntype = "console"\n'
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A store with a session of three days ago, missed, and one to come."""
    return stored(World(tmp_path))


@pytest.fixture
def sealed(tmp_path: Path) -> World:
    """The same, encrypted."""
    made = World(tmp_path)
    made.seal()
    return stored(made)


def stored(made: World) -> World:
    made.configure(CONFIG)
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
    assert b"CREATE TABLE" in world.store_file.read_bytes()
    export = world.folder / "export.json"
    world.cli("export", "--output", str(export))
    told = world.cli("purge", "--yes").stdout
    assert "Deleted:" in told
    assert not world.store_file.parent.exists()
    assert "a word about QZ" in export.read_text(encoding="utf-8")
    assert world.config_file.exists() and (world.home / "practice.ics").exists()
    assert "There is nothing to delete." in world.cli("purge").stdout


def test_of_an_encrypted_store_no_byte_is_there_and_the_export_is_whole(sealed: World) -> None:
    assert b"a word about QZ" not in kept(sealed)
    assert b"CREATE TABLE" not in sealed.store_file.read_bytes()
    export = sealed.folder / "export.json"
    sealed.cli("export", "--output", str(export))
    (sealed.home / "key").unlink()  # what goes need not be read
    sealed.cli("purge", "--yes")
    assert not sealed.store_file.parent.exists()
    assert "a word about QZ" in export.read_text(encoding="utf-8")


def test_what_was_over_before_goes_from_an_encrypted_store_too(sealed: World) -> None:
    assert sealed.json("purge", "--yes", "--before", "-1d")["sessions"] == 1
    assert "a word about QZ" not in sealed.cli("export").stdout
    with closing(connect(sealed.store_file)) as connection:
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
    sealed.cli("store", "decrypt")
    assert b"a word about QZ" not in kept(sealed)


def test_copies_of_the_configuration_from_before_a_change_go_and_the_configuration_stays(
    world: World,
) -> None:
    folder = world.config_file.parent
    gone = [folder / f"config.toml.before-20260101T000000Z{number}" for number in ("", "-2")]
    stays = [
        folder / name
        for name in ("config.toml.before-the-holidays", "config.toml~", "a.toml.before-20260101T000000Z")
    ]
    for file in (*gone, *stays):
        file.write_text(f'client = "{ALIAS}"')
    removed = world.json("purge", "--yes")["removed"]
    assert {str(file) for file in gone} <= set(removed)
    assert sorted(folder.iterdir()) == sorted([world.config_file, *stays])


def test_a_damaged_store_that_was_kept_aside_goes_with_all_and_is_named_if_only_a_part_goes(
    world: World,
) -> None:
    with world.store_file.open("r+b") as file:
        file.write(b"x" * 100)
    with world.daemon():
        pass
    (aside,) = world.store_file.parent.glob("kepthour.db.damaged-*")
    assert b"a word about QZ" in aside.read_bytes()
    assert (
        f"Left as it is, since it is damaged: {aside}."
        in world.cli("purge", "--yes", "--before", "-1d").stdout
    )
    assert world.json("purge", "--yes", "--before", "-1d")["left"] == [str(aside)]
    world.cli("purge", "--yes")
    assert b"a word about QZ" not in kept(world) and not aside.exists()


SLIPS = {
    "not TOML": CONFIG.replace('type = "ics"', 'type = "ics'),
    "an unknown key": CONFIG + "[verdict]\nlate = 1\n",
    "another zone": 'timezone = "Moon"\n' + CONFIG,
    "nothing": "",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_with_a_fault_in_the_configuration_both_work_all_the_same(slip: str, world: World) -> None:
    """Where no daemon ever took one up: the store is where the file says, or in its default place."""
    folder = world.store_file.parent / "calendars" / hashlib.sha256(b"practice").hexdigest()[:12]
    folder.mkdir(parents=True)
    (folder / "google-token.json").write_text("{}")
    world.configure(SLIPS[slip])
    done = world.cli("export")
    assert "a word about QZ" in done.stdout
    assert "has a fault" in done.stderr and str(world.store_file) in done.stderr
    assert "has a fault" in world.cli("purge", "--yes", "--before", "-1d").stderr
    assert "a word about QZ" not in world.cli("export").stdout
    world.cli("purge", "--yes")
    assert not world.store_file.parent.exists()


@pytest.mark.parametrize("slip", SLIPS)
def test_what_a_daemon_took_up_last_says_where_the_store_is(slip: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    elsewhere = world.home / "elsewhere" / "kepthour.db"
    world.configure(CONFIG + f'[store]\nurl = "{elsewhere}"\n')
    write(world, coming=NOW + timedelta(days=1))
    world.cli("sync")
    with world.daemon():
        pass
    world.configure(SLIPS[slip])
    assert f'"client": "{ALIAS}"' in world.cli("export").stdout
    world.cli("purge", "--yes")
    assert not elsewhere.exists() and not list(world.store_file.parent.glob("taken-up-*"))


def test_where_nothing_tells_which_store_is_meant_none_is_touched_and_none_is_made(world: World) -> None:
    other = world.home / "other.toml"
    other.write_text("no = [", encoding="utf-8")
    for command in (["export"], ["purge", "--yes"]):
        assert "this is not TOML" in world.cli(*command, "--config", str(other), expect=2).stderr
        other.with_name("none.toml").unlink(missing_ok=True)
        assert (
            "kepthour init"
            in world.cli(*command, "--config", str(other.with_name("none.toml")), expect=2).stderr
        )
    nowhere = world.home / "nowhere" / "kepthour.db"
    world.configure(f'{CONFIG}[verdict]\nlate = 1\n[store]\nurl = "{nowhere}"\n')
    assert "There is no store" in world.cli("export", expect=1).stderr
    assert not nowhere.parent.exists() and world.store_file.exists()


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


def test_with_a_fault_folders_that_nobody_names_go_and_that_is_said(world: World) -> None:
    folder = world.store_file.parent / "calendars" / "0123456789ab"
    folder.mkdir(parents=True)
    world.configure(SLIPS["an unknown key"])
    done = world.cli("purge", "--yes", "--json")
    assert "so all folders that calendars and channels have" in done.stderr
    assert str(folder) in json.loads(done.stdout)["removed"]
    assert not folder.exists()


def test_with_a_fault_nothing_is_taken_that_may_be_another_store_s(world: World) -> None:
    folder = world.store_file.parent / "calendars" / "0123456789ab"
    folder.mkdir(parents=True)
    other = world.store_file.with_name("second.db")
    shutil.copy(world.store_file, other)
    world.configure(SLIPS["an unknown key"])
    done = world.cli("purge", "--yes", "--json")
    assert f"it may be of that one: {folder}." in done.stderr
    assert json.loads(done.stdout)["left"] == [str(folder)]
    assert folder.exists() and other.exists() and not world.store_file.exists()


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
