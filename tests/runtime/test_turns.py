"""Turns with a store that locks, dawdles, fails and comes back; the rest is real, on a clock that stands still."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from kepthour.app import App
from kepthour.core.errors import TryLater
from kepthour.core.notice import Key, Showing
from kepthour.core.notices import key_notice, store_notice
from kepthour.core.tongue import ENGLISH
from kepthour.core.verdict import Verdict
from kepthour.core.words.text import Show
from kepthour.runtime import outage, turns
from kepthour.runtime.outage import Outage
from kepthour.store import sessions
from kepthour.store.access import KeyUnavailable, Unusable, WrongKey
from kepthour.store.engine import Damaged, Store
from kepthour_connectors.base import Transient
from tests.support.day import BERLIN, when
from tests.support.turning import Bench, Watch

CANNOT, CAN_AGAIN = "Kept Hour cannot store anything", "Kept Hour can store again"
HOW = Showing(BERLIN, Show.TIME, ENGLISH)


async def test_what_is_due_while_the_store_is_locked_comes_and_is_recorded_afterwards(bench: Bench) -> None:
    with bench.locked():
        for at in ("09:59:00", "10:00:00", "10:01:00"):
            await bench.at(at)
            assert bench.day.rungs()[-1][0] == at
    await bench.at("10:01:30")
    assert bench.rungs()[-3:] == ["-1m", "0m", "+1m"]
    assert {bench.states()[rung] for rung in ("-1m", "0m", "+1m")} == {"sent"}
    await bench.at("10:02:00")
    assert bench.rungs()[-4:] == ["-1m", "0m", "+1m", "+2m"]


async def test_a_reply_to_a_question_while_the_store_is_locked_settles_from_then_and_takes_it_away(
    bench: Bench,
) -> None:
    await bench.at("10:15:30")
    assert bench.rungs()[-1] == "question"
    with bench.locked():
        await bench.reply("10:16:00", Key.HELD)
        assert bench.answering.holds
        await bench.at("10:16:30")
    await bench.at("10:17:00")
    assert not bench.answering.holds
    (entry,) = bench.day.agenda("2026-03-02 09:00", "2026-03-02 11:00")
    with bench.day.app.store.read() as tx:
        row = sessions.get(tx, entry.session.id)
    assert row is not None
    assert (row.verdict, row.decided_at) == (Verdict.ON_TIME, when("2026-03-02 10:16:00"))
    assert "question" not in [one.rung for one in bench.day.screen.open_notices.values()]


async def test_a_reply_that_was_kept_does_not_overrule_what_was_said_meanwhile(bench: Bench) -> None:
    await bench.at("10:15:30")
    with bench.locked():
        await bench.reply("10:16:00", Key.HELD)
    bench.day.clock.at = when("2026-03-02 10:16:30")
    bench.day.app.settle(bench.day.only().session.id, Verdict.MISSED, None)
    await bench.at("10:17:00")
    assert not bench.answering.holds
    assert bench.day.only().verdict is Verdict.MISSED


async def test_a_check_in_while_the_store_is_locked_counts_from_then_and_ends_the_ladder(
    bench: Bench,
) -> None:
    with bench.locked():
        await bench.at("09:59:00")
        bench.day.clock.at = when("2026-03-02 09:59:20")
        await bench.press(Key.HERE)
        assert bench.answering.holds
        for at in ("10:00:00", "10:01:00", "10:05:00"):
            await bench.at(at)
        assert bench.rungs()[-1] == "-1m"
    await bench.at("10:06:00")
    assert not bench.answering.holds
    await bench.at("10:07:00")
    assert bench.rungs()[-1] == "-1m"
    assert bench.day.only().verdict is Verdict.ON_TIME
    assert bench.states()["-1m"] == "answered"


@pytest.mark.parametrize(
    ("key", "quiet", "again"),
    [
        (Key.ACK, "09:59:30", "10:00:00"),
        (Key.SNOOZE, "09:59:30", "10:00:00"),
        (Key.LATE, "10:09:30", "10:10:00"),
    ],
)
async def test_other_answers_hold_from_memory_too(bench: Bench, key: Key, quiet: str, again: str) -> None:
    with bench.locked():
        bench.day.clock.at = when("2026-03-02 09:56:00")
        await bench.press(key)
        before = len(bench.rungs())
        await bench.at("09:59:00")
        await bench.at(quiet)
        assert len(bench.rungs()) == before
        await bench.at(again)
        assert bench.rungs()[before:] == ["0m"]
    await bench.at(again[:6] + "30")
    assert bench.rungs()[before:] == ["0m"]


async def test_an_answer_that_is_refused_silences_nothing_from_memory_either(bench: Bench) -> None:
    bench.day.clock.at = when("2026-03-02 09:56:00")
    await bench.press(Key.OUT)  # the session has not begun
    with bench.locked():
        await bench.at("09:59:00")
    assert bench.rungs()[-1] == "-1m"


async def test_a_leave_is_silent_from_memory_too(bench: Bench) -> None:
    bench.day.app.away(when("2026-03-02 09:56"), when("2026-03-02 18:00"))
    await bench.at("09:58:00")
    before = bench.rungs()
    with bench.locked():
        await bench.at("09:59:00")
        await bench.at("10:00:00")
    assert bench.rungs() == before


async def test_the_therapist_is_told_once_after_a_while_and_once_when_it_is_over(bench: Bench) -> None:
    with bench.locked():
        for seconds in (0, 19, 21, 60, 300):
            bench.watch.seconds = seconds
            await bench.at("09:56:00")
            assert bench.told() == ([CANNOT] if seconds > 20 else [])
    await bench.turn()
    assert bench.told() == [CANNOT, CAN_AGAIN]
    assert bench.audits == 1  # the next one is not waited for
    assert [one.title for one in bench.day.screen.open_notices.values()].count(CANNOT) == 0
    await bench.turn()
    assert bench.told() == [CANNOT, CAN_AGAIN]


async def test_of_a_short_outage_nothing_is_said(bench: Bench) -> None:
    with bench.locked():
        await bench.at("09:56:00")
        assert bench.outage.on
    await bench.turn()
    assert not bench.outage.on
    assert bench.told() == []


async def test_what_no_channel_takes_is_told_when_one_does(bench: Bench) -> None:
    bench.day.screen.refuse = True
    with bench.locked():
        await bench.at("09:56:00")
        bench.watch.seconds = 30
        await bench.turn()
        bench.day.screen.refuse = False
        await until(lambda: bench.told() == [CANNOT])
    await bench.turn()
    await until(lambda: bench.told() == [CANNOT, CAN_AGAIN])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0)


async def test_while_the_store_dawdles_what_is_due_comes_from_memory_and_only_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that hangs raises nothing, for as long as it hangs."""
    monkeypatch.setattr(turns, "_PATIENCE", 0.01)
    go_on = threading.Event()
    look = App.look
    monkeypatch.setattr(App, "look", lambda app: (go_on.wait(30), look(app)))
    bench.day.clock.at = when("2026-03-02 09:59:00")
    await bench.turns.turn()
    await until(lambda: bench.rungs()[-1] == "-1m")
    bench.day.clock.at = when("2026-03-02 10:00:00")
    await bench.turns.turn()
    await until(lambda: bench.rungs()[-1] == "0m")
    bench.watch.seconds = 100
    await bench.turns.turn()
    # who knows whether it is the disk that hangs: systemd may try another process
    assert not bench.health.alive()
    go_on.set()
    await bench.turn()
    assert bench.rungs()[-2:] == ["-1m", "0m"]
    assert bench.states()["0m"] == "sent"


async def test_a_daemon_that_copes_is_alive_and_not_well(bench: Bench) -> None:
    with bench.locked():
        bench.watch.seconds = 100
        await bench.at("09:56:00")
        assert bench.health.alive() and not bench.health.ok()
    await bench.turn()
    assert bench.health.ok()


def refuse(*_args: object) -> None:
    raise WrongKey("The store cannot be read with the key.", "Name the right one.")


async def test_a_store_that_has_another_key_of_a_sudden_costs_no_reminder_and_no_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of another time was put in its place; or the keyring was unlocked, and holds a wrong one."""
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_look_for_it", refuse)
        await bench.at("09:59:00")
        await bench.at("10:00:00")
        assert bench.rungs()[-2:] == ["-1m", "0m"]
        await bench.press(Key.HERE)
        bench.watch.seconds = 100
        await bench.at("10:00:30")
        assert bench.told() == [CANNOT]
        assert bench.health.alive() and not bench.health.ok()
    await bench.at("10:01:00")
    assert bench.rungs()[-1] == "0m"
    assert bench.day.only().verdict is Verdict.ON_TIME


def full(*_args: object) -> None:
    raise Unusable("No new store could be made.", "Free some space there.")


async def test_a_damaged_store_that_cannot_be_replaced_costs_no_reminder_and_is_not_tried_all_the_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[float] = []

    def failing(*_args: object) -> None:
        tries.append(time.monotonic())
        full()

    with monkeypatch.context() as there:
        there.setattr(turns, "begin_anew", failing)
        there.setattr(Store, "check", _damaged)
        bench.outage.damaged = True
        for at in ("09:59:00", "10:00:00", "10:01:00"):
            await bench.at(at)
        assert bench.rungs()[-3:] == ["-1m", "0m", "+1m"]
        assert len(tries) == 1
    monkeypatch.setattr(turns, "_NOT_AGAIN_FOR", 0.0)
    await bench.at("10:01:30")
    assert not bench.outage.on
    assert {bench.states()[rung] for rung in ("-1m", "0m", "+1m")} == {"sent"}


def _damaged(store: Store) -> None:
    raise Damaged(store.path)


async def test_damage_that_is_not_there_any_more_costs_nothing(bench: Bench) -> None:
    bench.outage.damaged = True
    await bench.at("09:59:00")
    assert bench.rungs()[-1] == "-1m"
    assert list(bench.day.folder.glob("*.damaged-*")) == []


async def test_a_new_store_goes_on_where_the_damaged_one_was(bench: Bench) -> None:
    await bench.press(Key.ACK)
    with closing(sqlite3.connect(bench.day.store_path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with bench.day.store_path.open("r+b") as file:
        file.write(b"x" * 100)
    before = bench.rungs()
    for at in ("09:59:00", "10:00:00", "10:01:00"):
        await bench.at(at)
    assert bench.rungs() == [*before, "0m", "+1m"]
    assert len(list(bench.day.folder.glob("*.damaged-*T??????"))) == 1
    assert "Kept Hour's store was damaged" in [notice.title for notice in bench.day.notices()]


async def test_no_session_is_taken_for_cancelled_before_its_calendar_was_read_into_the_new_store(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.heard, "ask_all", lambda: None)
    with closing(sqlite3.connect(bench.day.store_path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with bench.day.store_path.open("r+b") as file:
        file.write(b"x" * 100)
    bench.day.calendar.broken = Transient("It is down.", "Wait.")
    await bench.at("09:59:00")
    bench.day.sync()  # the new store knows of the calendar now, and nothing of what it holds
    bench.day.app.replan()
    assert bench.day.only().session.cancelled is False
    bench.day.calendar.broken = None
    bench.day.sync()
    await bench.at("10:00:00")
    assert "question" not in bench.rungs()
    assert bench.rungs()[-1] == "0m"


def test_an_outage_is_told_with_what_to_do() -> None:
    watch = Watch()
    store = Outage(watch)
    error = Unusable("The disk is full.", "Free some space.")
    assert store.hit(error) is None
    watch.seconds = outage._TELL_AFTER + 1
    assert store.hit(error) is error
    assert store_notice(error, HOW).text == "The disk is full. Free some space. Reminders go on from memory."


def test_what_somebody_can_mend_is_told_though_the_last_turn_merely_had_to_wait() -> None:
    watch = Watch()
    store = Outage(watch)
    error = KeyUnavailable("The key is not to be had.", "Unlock the keyring.")
    store.hit(error)
    watch.seconds = outage._TELL_AFTER + 1
    assert store.hit(TryLater("The store does not answer.")) is error
    assert key_notice(error, HOW).text == (
        "The key is not to be had. Unlock the keyring. Until then nothing can remind you."
    )
    store.over()
    waits = TryLater("The store does not answer.")
    store.hit(waits)
    watch.seconds += outage._TELL_AFTER + 1
    assert store.hit(waits) is waits
