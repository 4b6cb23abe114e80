"""`kepthour export`: one's own data out, for its owner alone, and over nothing that is there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.support.calendars import calendar, event
from tests.support.world import KEPTHOUR, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.configure(
        '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\nsessions = "all"\n'
        '[channels.console]\ntype = "console"\n'
    )
    start = (datetime.now(UTC) + timedelta(minutes=5)).replace(microsecond=0)
    stamp = "%Y%m%dT%H%M%SZ"
    one = event("one", "ÄB", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
    (made.home / "practice.ics").write_text(calendar(one), encoding="utf-8", newline="")
    made.cli("sync")
    return made


def test_without_an_output_it_is_printed_and_nothing_else(world: World) -> None:
    done = world.cli("export")
    told = json.loads(done.stdout)
    assert (told["format"], told["format_version"], told["times"]) == ("kepthour-export", 1, "UTC")
    assert [one["title"] for one in told["events"]] == ["ÄB"]
    assert done.stderr == ""


def test_it_is_the_same_with_json_and_with_a_dash(world: World) -> None:
    bare, *others = (same(world, *args) for args in ((), ("--json",), ("--output", "-")))
    assert all(other == bare for other in others)


def same(world: World, *args: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(world.cli("export", *args).stdout)
    return told | {"exported_at": None}


def test_a_file_is_for_its_owner_alone(world: World) -> None:
    file = world.folder / "mine.json"
    said = world.cli("export", "--output", str(file)).stdout
    assert str(file) in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text(encoding="utf-8"))["sessions"]


def test_a_file_that_is_there_is_written_over_only_by_force(world: World) -> None:
    file = world.folder / "mine.json"
    file.write_text("precious")
    file.chmod(0o644)
    assert "--force" in world.cli("export", "--output", str(file), expect=1).stderr
    assert file.read_text() == "precious"
    world.cli("export", "--output", str(file), "--force")
    assert json.loads(file.read_text(encoding="utf-8"))["sessions"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in world.folder.iterdir() if "mine" in path.name) == ["mine.json"]


def test_into_a_folder_it_goes_under_a_name_with_the_time(world: World) -> None:
    folder = world.folder / "out"
    folder.mkdir()
    written = world.json("export", "--output", str(folder))["written"]
    assert [str(path) for path in folder.iterdir()] == [written]
    assert Path(written).name.startswith("kepthour-export-20")


@pytest.mark.parametrize("place", ["{}/nowhere/mine.json", "{}/nowhere/", "/dev/null"])
def test_a_place_that_cannot_be_gets_a_sentence(world: World, place: str) -> None:
    done = world.cli("export", "--force", "--output", place.format(world.folder), expect=1)
    assert len(done.stderr.splitlines()) == 1
    assert not (world.folder / "nowhere").exists()


def test_on_a_terminal_there_is_a_hint(world: World) -> None:
    terminal = pexpect.spawn(str(KEPTHOUR), ["export"], env=world.env, encoding="utf-8", timeout=30)
    terminal.expect("this may name clients; into a file: kepthour export --output FILE")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_no_secret_of_the_configuration_is_in_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.env["FEED"] = "http://127.0.0.1:9/secret-feed"
    world.configure(
        '[[calendars]]\nname = "practice"\ntype = "ics"\nurl = { env = "FEED" }\nsessions = "all"\n'
        '[channels.console]\ntype = "console"\n'
    )
    world.cli("sync", expect=1)
    told = world.cli("export").stdout
    assert json.loads(told)["calendars"][0]["problem"]
    assert "secret-feed" not in told
