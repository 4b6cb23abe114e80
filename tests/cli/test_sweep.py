"""`kepthour sweep` on a terminal: a day is accounted for with a key each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from tests.support.day import CONFIG, Day
from tests.support.world import KEPTHOUR, World

STARTS = [f"{hour:02}:00" for hour in range(8, 16)]


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """The evening of a day of eight sessions of which nobody said anything."""
    made = World(tmp_path)
    made.configure(
        '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\nsessions = "all"\n'
        '[channels.console]\ntype = "console"\n'
    )
    made.store_file.parent.mkdir(parents=True, mode=0o700)
    day = Day(made.store_file.parent, "2026-03-02 07:30", CONFIG)
    for start in STARTS:
        day.put(start, f"2026-03-02T{start}:00")
    day.sync()
    await day.until("2026-03-02 16:00")
    day.app.store.close()
    return made


def swept(world: World, *keys: str, before_the_first: Callable[[], None] | None = None) -> str:
    """What is on the terminal after these keys; at each question the next of them."""
    terminal = pexpect.spawn(str(KEPTHOUR), ["sweep"], env=world.env, encoding="utf-8", timeout=30)
    shown = ""
    for key in keys:
        terminal.expect(r"What happened\? ")
        shown += terminal.before
        if before_the_first is not None and key is keys[0]:
            before_the_first()
        terminal.send(key)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    return shown + terminal.before


def test_every_session_is_settled_with_a_key(world: World) -> None:
    shown = swept(world, *"olnmacvx")
    assert "m  missed" in shown and "client no show" in shown
    assert "Every session is accounted for." in world.cli("sweep").stdout
    cards = world.json("repair")["cards"]
    assert sorted(card["severity"] for card in cards if card["state"] == "open") == [1, 2]


def test_a_slip_is_corrected_by_going_back(world: World) -> None:
    swept(world, "m", "b", "o", "q")
    assert {card["state"] for card in world.json("repair")["cards"] if card["session"] == first(world)} == {
        "closed"
    }


def first(world: World) -> str:
    day = world.json("agenda", "--from", "2026-03-02", "--to", "2026-03-03")["sessions"]
    return str(min(day, key=lambda one: one["start"])["id"])


def test_who_goes_back_and_presses_enter_is_told_what_stands(world: World) -> None:
    assert "still on time" in swept(world, "o", "b", "\r", "q")


async def test_a_session_that_was_moved_while_it_is_asked_about_is_not_settled(world: World) -> None:
    """The list was left open on a terminal; the reminders of the new start must not go by what was asked of the old."""
    day = Day(world.store_file.parent, "2026-03-02 16:00", CONFIG)
    for start in STARTS:
        day.put(start, f"2026-03-02T{start}:00")

    def move() -> None:
        day.put(STARTS[0], "2026-03-03T09:00:00")
        assert day.sync()
        day.app.store.close()

    shown = swept(world, "o", "q", before_the_first=move)
    assert "It was moved or taken away meanwhile" in shown
    (moved,) = world.json("agenda", "--from", "2026-03-03", "--to", "2026-03-04")["sessions"]
    assert moved["verdict"] is None


def test_enter_leaves_a_session_open_and_q_stops(world: World) -> None:
    swept(world, "\r", "?o", "q")
    assert len(world.json("sweep")["open_questions"]) == len(STARTS) - 1


def test_without_a_terminal_they_are_listed_as_settle_alone_lists_them(world: World) -> None:
    told = world.cli("sweep").stdout
    assert told == world.cli("settle").stdout
    assert told.count("No check-in for Mon 02 Mar") == len(STARTS)
    assert told.count("What happened?") == len(STARTS)
    assert "kepthour settle ID VERDICT" in told
