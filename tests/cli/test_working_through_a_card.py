"""`kepthour repair ID work` on a terminal: through the open steps, a key each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pexpect
import pytest

from kepthour.core.verdict import Verdict
from tests.support.day import Day, when
from tests.support.world import KEPTHOUR, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A store with one session that was missed, and so with one card."""
    made = World(tmp_path)
    made.configure(
        'timezone = "Europe/Berlin"\n'
        '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\nsessions = "all"\n'
        '[channels.console]\ntype = "console"\n'
    )
    made.store_file.parent.mkdir(parents=True, mode=0o700)
    day = Day(made.store_file.parent, "2026-03-02 07:30")
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    day.clock.at = when("2026-03-02 09:10")
    day.app.settle(day.only().session.id, Verdict.MISSED, None)
    day.app.store.close()
    return made


def worked(world: World, *keys: str) -> str:
    """What is on the terminal after these keys; each answers a question."""
    terminal = pexpect.spawn(
        str(KEPTHOUR),
        ["repair", "1", "work"],
        env=world.env,
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 120),
    )
    shown = ""
    for key in keys:
        terminal.expect("(q\x1b\\[0m stop|say nothing|no reason:) ")
        shown += terminal.before
        terminal.send(key)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0, shown + terminal.before
    return shown + terminal.before


def card(world: World) -> dict[str, Any]:
    (found,) = world.json("repair")["cards"]
    return dict(found)


def steps(world: World, what: str) -> list[int]:
    return [step["n"] for step in card(world)["steps"] if step[what]]


def test_each_step_says_what_it_is_for_and_a_key_ticks_it_off(world: World) -> None:
    shown = worked(world, "d", "\r", "d", "q")
    assert steps(world, "done_at") == [1, 3]
    assert "Step 1: acknowledge" in shown and "Do not wait for the next session." in shown
    assert "Step 4: explain" in shown and "Step 5" not in shown
    assert "7 steps are open; next: 2, validate" in shown
    assert "kepthour repair 1 work" in shown


def test_a_skipped_step_may_have_a_reason_and_the_last_one_leads_to_the_outcome(world: World) -> None:
    shown = worked(world, *"ddd", "s", "They did not ask.\r", *"ddd", "s", "\r", "d", "1")
    assert steps(world, "skipped_at") == [4, 8]
    assert "They did not ask." in world.cli("repair", "1").stdout
    assert "Nothing is open any more." in shown
    assert "The card is closed (repaired)." in shown
    assert (card(world)["state"], card(world)["outcome"]) == ("closed", "repaired")


def test_going_back_and_not_after_all(world: World) -> None:
    worked(world, "d", "b", "u", "q")
    assert steps(world, "done_at") == []


def test_what_helps_is_shown_in_place_and_the_step_stays(world: World) -> None:
    shown = worked(world, "m", "c", "d", "q")
    assert "I missed our appointment on Monday, 2 March, at 09:00." in shown
    assert "Notes for a call to [client's name]." in shown
    assert shown.count("Step 1: acknowledge") == 1
    assert steps(world, "done_at") == [1]


def test_free_times_are_offered_at_the_sixth_step(world: World) -> None:
    shown = worked(world, *("\r",) * 5, "f", "q")
    assert "Free times of 50 min" in shown
    assert steps(world, "done_at") == []


def test_what_another_action_refuses_is_said_and_the_work_goes_on(world: World) -> None:
    with world.config_file.open("a", encoding="utf-8") as file:
        file.write("[practice]\nhours = { mon = [] }\n")
    shown = worked(world, *("\r",) * 5, "m", "d", "q")
    assert "No time is free." in shown
    assert steps(world, "done_at") == [6]


def test_without_a_terminal_it_says_what_to_do_instead(world: World) -> None:
    done = world.cli("repair", "1", "work", expect=1)
    assert "This needs a terminal." in done.stderr and "kepthour repair 1 step N done" in done.stderr
