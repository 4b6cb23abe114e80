"""What is planned far ahead, and calm, follows a configuration that changes: digests, sweeps, end cues."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.store import reminders
from tests.support.day import CONFIG, Day, a_morning

PHONE = '[channels.phone]\ntype = "recorder"\n'
DIGESTS = CONFIG.replace("[digests]\nenabled = false\n", "")
SWEEPS = CONFIG.replace("[sweep]\nenabled = false\n", "")
CUES = CONFIG.replace("end_cues = []", 'end_cues = ["10m"]')
EARLIER = "2026-03-02 10:30"  # past the deadline: nothing of the session is planned any more


async def change(day: Day, config: str) -> None:
    day.config = config
    await day.restart()


def pending(day: Day) -> set[tuple[str, str]]:
    """What is to come: (rung, channel)."""
    with day.app.store.read() as tx:
        return {(one.rung, one.channel) for one in reminders.everything(tx) if one.state == "pending"}


@pytest.mark.parametrize("key", ['joins = "+2m"', 'urgency = "high"'])
async def test_a_channel_that_is_not_for_calm_things_any_more_has_no_digest(tmp_path: Path, key: str) -> None:
    day = a_morning(tmp_path, DIGESTS + PHONE)
    day.put("tomorrow", "2026-03-03T10:00:00")
    day.sync()
    await day.until("2026-03-02 12:00")
    await change(day, f"{day.config}{key}\n")
    await day.until("2026-03-03 07:40")
    since = [rung for at, rung in day.rungs("phone") if rung.startswith("digest") and at > "12:00:00"]
    assert since == []
    assert day.rungs("screen")[-2:] == [("18:00:00", "digest-evening"), ("07:30:00", "digest-morning")]


async def test_of_a_channel_that_is_gone_nothing_is_pending(tmp_path: Path) -> None:
    day = a_morning(tmp_path, DIGESTS.replace("[sweep]\nenabled = false\n", "") + PHONE)
    day.put("tomorrow", "2026-03-03T10:00:00")
    day.sync()
    await day.until(EARLIER)
    assert ("digest-evening", "phone") in pending(day)
    await change(day, day.config.replace(PHONE, ""))
    assert {channel for _rung, channel in pending(day)} == {"screen"}


async def test_a_channel_that_joins_later_now_has_no_end_cue_and_no_sweep(tmp_path: Path) -> None:
    day = a_morning(tmp_path, CUES.replace("[sweep]\nenabled = false\n", "") + PHONE)
    day.put("two", "2026-03-02T10:10:00", 20)
    day.sync()
    await day.until("2026-03-02 10:00")
    day.answer(Kind.HERE)
    await day.until(EARLIER)
    await change(day, f'{day.config}joins = "+2m"\n')
    await day.until("2026-03-02 11:30")
    calm = [[rung for _at, rung in day.rungs(name) if rung in {"end-cue", "sweep"}] for name in day.channels]
    assert dict(zip(day.channels, calm, strict=True)) == {"screen": ["end-cue"], "phone": []}


async def test_sweeps_that_are_switched_off_come_no_more(tmp_path: Path) -> None:
    day = a_morning(tmp_path, SWEEPS)
    await day.until(EARLIER)
    await change(day, CONFIG)
    await day.until("2026-03-02 20:10")
    assert day.rungs_since("10:31") == []


async def test_sweeps_that_are_switched_on_come_at_once(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until(EARLIER)
    await change(day, SWEEPS)
    await day.until("2026-03-02 20:10")
    assert day.rungs_since("10:31") == [("11:00:00", "sweep"), ("20:00:00", "sweep")]


@pytest.mark.parametrize(("after", "comes"), [("1h", "11:50:00"), ("1m", "10:58:00")])
async def test_they_come_when_they_are_wanted_now(tmp_path: Path, after: str, comes: str) -> None:
    day = a_morning(tmp_path, SWEEPS)
    await day.until("2026-03-02 10:58")
    await change(day, f'{SWEEPS}[sweep]\nafter = "{after}"\n')
    await day.until("2026-03-02 12:30")
    assert [one for one in day.rungs() if one[1] == "sweep"] == [(comes, "sweep")]


async def test_one_that_came_comes_no_second_time(tmp_path: Path) -> None:
    day = a_morning(tmp_path, SWEEPS)
    await day.until("2026-03-02 11:01")
    day.screen.received.clear()
    await change(day, f'{SWEEPS}[sweep]\nafter = "30m"\n')
    day.screen.received.clear()  # what stands there is shown again
    await day.until("2026-03-02 12:30")
    assert day.rungs() == []
