"""What the therapist said became of a session is never overruled by what the machine does by itself afterwards."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from kepthour.core.response import Kind
from kepthour.core.verdict import Because, Verdict
from kepthour.store.sessions import SessionRow
from tests.support.day import BERLIN
from tests.support.situation import MONDAY, ZOOM, Brisk, the_session

SAID = st.sampled_from(sorted(Verdict))
turns = st.lists(
    st.tuples(
        st.sampled_from(["pass", "sleep", "replan", "audit", "sync", "restart", "join"]), st.integers(1, 40)
    ),
    max_size=6,
)


async def lived(
    folder: Path, before: Kind | None, said: Verdict, at: int, machine: list[tuple[str, int]]
) -> SessionRow:
    """A session at ten, perhaps answered, settled `at` minutes after it; then what the machine does."""
    day = Brisk(folder, f"{MONDAY} 09:58")
    day.first_start = f"{MONDAY}T10:00:00"
    day.put("one", day.first_start, 50, ZOOM)
    day.sync()
    if before is not None:
        day.app.answer(before, the_session(day).id, "screen")
    await day.until(f"{MONDAY} 10:{at:02}")
    day.app.settle(the_session(day).id, said, None)
    for what, span in machine:
        await happens(day, what, timedelta(minutes=span))
    return the_session(day)


async def happens(day: Brisk, what: str, span: timedelta) -> None:
    """One thing that the machine does by itself; a press on Join says nothing of what became of the session."""
    if what == "sleep":
        day.clock.sleep(span)
    elif what == "restart":
        await day.restart()
    elif what == "join":
        day.app.answer(Kind.JOIN, the_session(day).id, "screen")
    elif what != "pass":
        getattr(day if what == "sync" else day.app, what)()
    await day.until(f"{(day.clock.at + span).astimezone(BERLIN):%Y-%m-%d %H:%M:%S}")


@settings(max_examples=15)
@given(st.sampled_from([None, Kind.HERE, Kind.JOIN]), SAID, st.integers(15, 45), turns)
def test_what_the_therapist_said_is_never_overruled_by_the_machine(
    before: Kind | None, said: Verdict, at: int, machine: list[tuple[str, int]]
) -> None:
    with TemporaryDirectory() as folder:
        row = asyncio.run(lived(Path(folder), before, said, at, machine))
    assert (row.verdict, row.because, row.decided_by) == (said, Because.SAID, "therapist")
