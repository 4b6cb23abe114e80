"""A late correction, as it is met on the command line: months after a session that was settled as missed."""

from __future__ import annotations

from pathlib import Path

import pexpect
import pytest

from kepthour.core.verdict import Verdict
from tests.support.day import a_morning
from tests.support.world import KEPTHOUR, World


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.configure(
        '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\nsessions = "all"\n'
        '[channels.console]\ntype = "console"\n'
    )
    made.store_file.parent.mkdir(parents=True, mode=0o700)
    day = a_morning(made.store_file.parent)
    await day.until("2026-03-02 10:16")
    day.app.settle(day.only().session.id, Verdict.MISSED, None)
    day.app.store.close()
    return made


def session(world: World) -> str:
    (one,) = world.json("agenda", "--from", "2026-03-02", "--to", "2026-03-03")["sessions"]
    return str(one["id"])


def versions(world: World) -> list[tuple[str, str, str | None]]:
    told = world.json("explain", session(world))["verdicts"]
    return [(one["verdict"], one["by"], one["reason"]) for one in told]


def test_without_a_reason_it_is_refused_with_what_would_be_right(world: World) -> None:
    done = world.cli("settle", session(world), "covered", expect=1)
    assert f'kepthour settle {session(world)} covered --reason "…"' in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert versions(world)[-1][0] == "missed"


def test_with_one_it_is_taken_and_every_version_is_kept(world: World) -> None:
    world.cli("settle", session(world), "covered", "--reason", "a colleague took it")
    assert versions(world) == [
        ("suspected_miss", "daemon", None),
        ("missed", "therapist", None),
        ("covered", "therapist", "a colleague took it"),
    ]


def test_on_a_terminal_it_is_asked_for(world: World) -> None:
    terminal = pexpect.spawn(
        str(KEPTHOUR), ["settle", session(world), "covered"], env=world.env, encoding="utf-8", timeout=30
    )
    terminal.expect("Why: ")
    assert "a correction needs its reason" in terminal.before
    terminal.sendline("the wrong day")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert versions(world)[-1] == ("covered", "therapist", "the wrong day")


def test_a_card_that_was_for_nothing_tells_nobody_to_contact_the_client(world: World) -> None:
    world.cli("settle", session(world), "missed")
    world.cli("repair", "1", "step", "2", "done")
    assert "Contact the client now" in world.cli("repair", "1").stdout
    world.cli("settle", session(world), "on_time", "--reason", "a slip")
    told = world.cli("repair", "1").stdout
    assert "counts as “on time”: there is nothing to repair, and nobody to contact." in told
    assert "Contact the client now" not in told and "validate" in told
