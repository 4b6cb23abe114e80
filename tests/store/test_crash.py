"""Killed at every step of a sync, the store is that of before or after, never between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from kepthour.store import calendars, instances, reminders, sessions
from kepthour.store.access import PLAIN, Access
from kepthour.store.conversion import convert
from kepthour.store.etags import Etags
from tests.support.day import Day, when
from tests.support.killed import gets_through
from tests.support.sealed import KEY, store_at

_MOST_STATEMENTS = 2000


@pytest.mark.parametrize("access", [PLAIN, KEY], ids=["plain", "encrypted"])
def test_a_sync_killed_at_any_statement_leaves_the_store_of_before_or_after(
    access: Access, tmp_path: Path
) -> None:
    day = Day(tmp_path, "2026-03-02 08:00")
    for number in range(4):
        day.put(f"s{number}", f"2026-03-0{number + 2}T10:00:00")
    day.sync()
    day.app.store.close()
    if access is KEY:
        convert(day.store_path, PLAIN, KEY, when("2026-03-02 08:00"))
    original = day.store_path.read_bytes()
    day.put("s0", "2026-03-02T12:00:00")
    day.calendar.delete("s1.ics")
    day.put("new", "2026-03-03T15:00:00")
    before = _state(day.store_path)
    seen = set()
    for statement in range(1, _MOST_STATEMENTS):
        _restore(day.store_path, original)
        finished = _sync_and_die_at(day, statement)
        state = _state(day.store_path)
        assert state[0] in {before[0], _after(day, original)[0]}, (
            f"the calendar, killed at statement {statement}"
        )
        seen.add(state)
        if finished:
            break
    # What a sync stores, and what follows from it for the sessions, are two transactions.
    assert len(seen) == 3
    assert before in seen and _after(day, original) in seen


def _sync_and_die_at(day: Day, statement: int) -> bool:
    """Poll in a process of its own that dies at its n-th statement or commit; whether it got through."""

    def sync(one_step: Callable[..., None]) -> None:
        event.listen(Engine, "before_cursor_execute", one_step)
        event.listen(Engine, "commit", one_step)
        day.start()
        day.sync()

    return gets_through(statement, sync)


def _restore(path: Path, content: bytes) -> None:
    for leftover in path.parent.glob(f"{path.name}-*"):
        leftover.unlink()
    path.write_bytes(content)


def _after(day: Day, original: bytes) -> tuple[str, str]:
    """The state after a sync that nothing disturbs."""
    _restore(day.store_path, original)
    day.start()
    day.sync()
    day.app.store.close()
    return _state(day.store_path)


def _state(path: Path) -> tuple[str, str]:
    """What the store holds: of the calendar, and of the sessions with their reminders."""
    store = store_at(path)
    with store.read() as tx:
        calendar = calendars.get(tx, "practice")
        assert calendar is not None
        held = instances.between(tx, calendar, when("2026-01-01 00:00"), when("2026-06-01 00:00"))
        etags = sorted(Etags(store, calendar).items())
        known = sessions.between(tx, when("2026-01-01 00:00"), when("2026-06-01 00:00"))
        planned = reminders.everything(tx)
    store.close()
    return (
        repr((calendar.cursor, calendar.version, etags, [(one.uid, one.start) for one in held])),
        repr(([(row.id, row.known.start, row.cancelled_at) for row in known],
              [(one.subject, one.rung, one.due_at, one.state) for one in planned])),
    )  # fmt: skip
