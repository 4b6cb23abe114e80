"""A rule that was written after a miss is looked at again a month later: once, calmly, and only if it stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.config.reading import load
from kepthour.core.causes import Cause
from kepthour.core.response import Kind
from kepthour.core.rules import Rule
from kepthour.core.verdict import Verdict
from kepthour.pipeline.prevent import remember
from kepthour.store import rules
from kepthour.store.aging import forget
from kepthour.views.causes import look
from kepthour.views.prevention import propose
from kepthour.views.rehearse import rehearse
from kepthour.views.rules import listed
from tests.support.day import CONFIG, Day, when
from tests.support.fence import TITLE

RULES = '[[sessions.rules]]\ntitle = "^(?P<client>[A-Z]{2})"\nis = "session"\n'
ALIASES = CONFIG.replace('sessions = "all"', 'sessions = "rules"') + RULES
MONTH = "2026-04-01"  # thirty days after it was written; the clocks have changed meanwhile


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(tmp_path, "2026-03-02 08:30", ALIASES)


async def session(day: Day, at: str, becomes: Verdict | None = Verdict.ON_TIME, client: str = "AB") -> str:
    """A session of `client` at that local time; the therapist comes in time, or settles what became of it."""
    start = when(at)
    if start > day.clock.at + timedelta(days=1):
        day.clock.at = start - timedelta(hours=2)
    day.put(at, at.replace(" ", "T"), title=f"{client} {TITLE}")
    day.app.refresh()
    day.sync()
    (found,) = [one.session.id for one in day.agenda(at, f"{at[:10]} 23:59") if one.session.start == start]
    day.clock.at = start
    if becomes is Verdict.ON_TIME:
        day.answer(Kind.HERE, session=found)
        day.clock.at += timedelta(minutes=50)
        day.answer(Kind.OUT, session=found)
    elif becomes is not None:
        day.clock.at += timedelta(minutes=50)
        day.app.settle(found, becomes, None)
    return found


async def prevented(day: Day) -> Rule:
    """A session was missed, and one more reminder for this client is written into the configuration."""
    missed = await session(day, "2026-03-02 10:00", Verdict.MISSED)
    (card,) = [one for one in day.cards() if one.session_id == missed]
    file = day.folder / "config.toml"
    config = load(file, day.plugins)
    looked = look(config, day.app.store, card, day.clock.at)
    proposal = propose(config, day.plugins, day.app.store, looked, Cause.FIRST)
    assert proposal.rule is not None and proposal.after is not None
    file.write_bytes(proposal.after)
    day.config = proposal.after.decode()
    remember(day.app.store, card, Cause.FIRST, proposal.rule, day.clock.at)
    await day.restart()
    return proposal.rule


async def audited(day: Day, at: str) -> list[str]:
    """What is said of rules up to then, if the daemon audits as it does every few minutes."""
    day.clock.at = when(at)
    day.sync()
    day.app.audit()
    await day.until(f"{at[:-2]}{int(at[-2:]) + 1:02}")
    return said(day)


def said(day: Day) -> list[str]:
    return [notice.text for _at, notice in day.screen.received if notice.rung == "rule"]


async def test_a_month_later_it_is_told_how_it_went_before_and_since(day: Day) -> None:
    for week in ("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"):
        day.clock.at = when(f"{week} 08:00")
        await session(day, f"{week} 10:00", Verdict.LATE if week.endswith("12") else Verdict.ON_TIME)
    day.clock.at = when("2026-03-02 08:30")
    await prevented(day)
    for date in ("09", "16", "23", "30"):
        await session(day, f"2026-03-{date} 10:00", Verdict.MISSED if date == "16" else Verdict.ON_TIME)
        await session(day, f"2026-03-{date} 12:00", Verdict.MISSED, client="CD")
    await session(day, "2026-03-31 10:00")  # a Tuesday: it is none of these
    assert await audited(day, f"{MONTH} 11:40") == []
    (told,) = await audited(day, f"{MONTH} 11:51")
    assert told == (
        "One more reminder, at -2h. There were 4 such sessions since: too few to tell. kepthour repair rules"
    )
    (rule,) = listed(day.app.config, day.app.store, day.clock.at)
    assert (rule.tally.before.sessions, rule.tally.before.late, rule.tally.before.missed) == (5, 1, 1)
    assert (rule.tally.since.sessions, rule.tally.since.missed) == (4, 1)


async def test_it_is_told_once(day: Day) -> None:
    await prevented(day)
    assert len(await audited(day, f"{MONTH} 11:51")) == 1
    assert len(await audited(day, f"{MONTH} 11:56")) == 1
    assert len(await audited(day, "2026-05-02 10:00")) == 1
    assert [state for rung, state, _why in day.states() if rung == "rule"] == ["sent"]


async def test_who_was_not_there_that_day_is_told_later(day: Day) -> None:
    await prevented(day)
    assert len(await audited(day, "2026-04-20 09:00")) == 1


async def test_of_a_rule_that_was_taken_out_nothing_is_said(day: Day) -> None:
    await prevented(day)
    day.config = ALIASES
    await day.restart()
    assert await audited(day, f"{MONTH} 11:51") == []
    day.config = ALIASES + '[[reminders.rules]]\nclient = "AB"\nalso = [{ at = "-2h" }]\n'
    await day.restart()
    assert await audited(day, "2026-04-02 12:51") == [], "it was looked at, once"


async def test_what_was_written_is_remembered_with_its_sessions(day: Day) -> None:
    rule = await prevented(day)
    with day.app.store.read() as tx:
        (written,) = rules.everything(tx)
    assert (written.rule, written.cause, written.card_id) == (rule, Cause.FIRST, day.cards()[0].id)
    assert written.look_at == when("2026-04-01 11:50")
    assert (rule.scope.client.reveal(), rule.scope.weekday) == ("AB", 0)
    assert day.cards()[0].cause is Cause.FIRST


async def test_what_was_written_and_stands_is_not_offered_again(day: Day) -> None:
    await prevented(day)
    (card,) = day.cards()
    config = load(day.folder / "config.toml", day.plugins)
    looked = look(config, day.app.store, card, day.clock.at)
    again = propose(config, day.plugins, day.app.store, looked, Cause.FIRST)
    assert again.after is None and again.written is not None


async def test_it_waits_while_the_therapist_is_with_a_client(day: Day) -> None:
    await prevented(day)
    day.clock.at = when(f"{MONTH} 10:00")
    day.put("later", f"{MONTH}T11:30:00", title=f"AB {TITLE}")
    day.sync()
    await day.until(f"{MONTH} 11:30")
    day.answer(Kind.HERE)
    assert await audited(day, f"{MONTH} 11:51") == []
    await day.until(f"{MONTH} 12:25")
    assert len(said(day)) == 1


async def test_the_look_back_is_rehearsed(day: Day) -> None:
    await prevented(day)
    coming = rehearse(day.app.config, day.app.store, day.clock.at, when("2026-05-01 00:00"), day.clock.at)
    assert [(one.at, one.channels) for one in coming if one.rung == "rule"] == [
        (when(f"{MONTH} 11:50"), ("screen",))
    ]


async def test_when_its_session_is_forgotten_nothing_of_its_client_is_left(day: Day) -> None:
    await prevented(day)
    with day.app.store.write() as tx:
        assert forget(tx, when("2026-03-03 00:00")) == (1, 0)
        assert rules.everything(tx) == []
