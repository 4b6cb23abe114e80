"""What became of answers, snoozes and refusals in other reminder programs, and does not here.

Each docstring names the report and says in a line what happened there. Those about time and
events: `test_reports.py`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.ports import Notice
from kepthour.views.status import status
from tests.support.day import BERLIN, CONFIG, Day, a_morning

PHONE = '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


async def reboot(day: Day) -> None:
    """The daemon starts again, and shows what was left open, as it does at each start."""
    day.start()
    await day.pump.dispatcher.show_again()
    await day.pump.settle()


def shown(day: Day) -> list[str]:
    return [notice.rung for notice in day.screen.open_notices.values()]


# ---- answers


async def test_what_waits_for_its_turn_stays_away_after_a_check_in(tmp_path: Path) -> None:
    """grafana-cold-storage/oncall#4654: acknowledged during a wait, the text message still went out."""
    day = a_morning(tmp_path, CONFIG + PHONE)
    await day.until("2026-03-02 10:01:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:20")
    assert day.rungs("phone") == []


async def test_what_waits_for_another_attempt_stays_away_after_a_check_in(tmp_path: Path) -> None:
    """grafana-cold-storage/oncall#4654, where the wait is for a channel that refused."""
    day = a_morning(tmp_path, CONFIG + PHONE)
    day.channels["phone"].refuse = True
    await day.until("2026-03-02 10:02:01")
    day.answer(Kind.HERE)
    day.channels["phone"].refuse = False
    await day.until("2026-03-02 10:20")
    assert day.rungs("phone") == []
    assert ("+2m", "superseded", "checked_in") in day.states()


async def test_a_notice_that_arrives_after_the_answer_is_taken_back(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """grafana-cold-storage/oncall#4654, where the answer comes while the notice is on its way."""
    await day.until("2026-03-02 09:50")
    send = day.screen.send

    async def slowly(notice: Notice, replaces: str | None) -> str | None:
        day.answer(Kind.HERE)
        return await send(notice, replaces)

    monkeypatch.setattr(day.screen, "send", slowly)
    await day.until("2026-03-02 10:20")
    assert day.rungs_since("09:50") == [("09:55:00", "-5m")]
    assert shown(day) == []


async def test_what_was_acknowledged_two_months_ago_is_asked_about_and_no_more(day: Day) -> None:
    """grafana-cold-storage/oncall#3111: an acknowledged alert was escalated two months later, at half past five."""
    await day.until("2026-03-02 09:46")
    day.answer(Kind.ACK)
    day.sleep_until("2026-05-04 05:30")
    await reboot(day)
    await day.until("2026-05-04 05:40")
    assert day.rungs()[2:] == [("05:30:00", "question")]
    assert day.notices()[-1].urgency == "normal"
    assert day.cards() == []


@pytest.mark.parametrize("channel", ["screen", "phone"])
async def test_a_snooze_holds_back_every_step_until_its_end_on_every_channel(
    tmp_path: Path, channel: str
) -> None:
    """roxy-wi/IncidentRelay#40: what was to be held back was only the first step; the later ones went out."""
    phone = '[channels.phone]\ntype = "recorder"\n'
    day = a_morning(tmp_path, CONFIG + phone + '[reminders]\nprofile = "persistent"\n')
    await day.until("2026-03-02 09:46")
    day.answer(Kind.SNOOZE, timedelta(minutes=13))
    await day.until("2026-03-02 10:00")
    assert day.rungs_since("09:46", channel) == [("09:59:00", "-1m"), ("10:00:00", "0m")]


# ---- restarts


async def test_a_snooze_from_the_day_before_does_not_ring_in_the_morning(day: Day) -> None:
    """alarm-clock-applet/alarm-clock#57: snoozed in the evening, and rang when the machine started next morning."""
    await day.until("2026-03-02 09:56")
    day.answer(Kind.SNOOZE, timedelta(minutes=2))
    day.sleep_until("2026-03-03 08:00")
    await reboot(day)
    await day.until("2026-03-03 08:10")
    assert day.rungs()[3:] == [("08:00:00", "question")]
    assert ("-2m", "superseded", "flagged") in day.states()


async def test_a_snooze_before_a_restart_ends_when_it_was_to(day: Day) -> None:
    """tasks/tasks#129: what was snoozed before a restart did not come back."""
    await day.until("2026-03-02 09:56")
    day.answer(Kind.SNOOZE, timedelta(minutes=2))
    day.sleep_until("2026-03-02 09:57")
    await reboot(day)
    await day.until("2026-03-02 09:58:30")
    assert day.rungs()[3:] == [("09:58:00", "-2m")]


async def test_a_snooze_that_is_over_comes_back_at_no_later_start(day: Day) -> None:
    """tasks/tasks#237: snoozed once, and long done, it fired at every start for weeks."""
    await day.until("2026-03-02 09:56")
    day.answer(Kind.SNOOZE, timedelta(minutes=2))
    await day.until("2026-03-02 09:58:30")
    day.answer(Kind.HERE)
    for at in ("2026-03-02 09:59", "2026-03-02 10:20", "2026-03-03 08:00", "2026-03-09 08:00"):
        day.sleep_until(at)
        await reboot(day)
        await day.until(f"{at}:30")
    assert day.rungs()[3:] == [("09:58:00", "-2m")]
    assert shown(day) == []


async def test_a_question_that_was_settled_comes_back_at_no_later_start(day: Day) -> None:
    """tasks/tasks#237, for the question at the deadline."""
    await day.until("2026-03-02 10:20")
    day.app.settle(day.only().session.id, Verdict.COVERED, None)
    for at in ("2026-03-02 10:21", "2026-03-03 08:00"):
        day.sleep_until(at)
        await reboot(day)
        await day.until(f"{at}:30")
    assert [at for at, rung in day.rungs() if rung == "question"] == ["10:15:00"]
    assert shown(day) == []


async def test_an_unanswered_notice_is_on_the_screen_again_after_a_reboot(day: Day) -> None:
    """FossifyOrg/Calendar#897: what was on the screen and not yet answered was gone after a reboot."""
    await day.until("2026-03-02 09:57")
    day.screen.open_notices.clear()
    day.sleep_until("2026-03-02 09:58")
    await reboot(day)
    assert shown(day) == ["-5m"]
    assert day.notices()[-1].title == "Session at 10:00 starts in 2 min"


# ---- channels that do not work


async def test_a_refused_reminder_does_not_count_as_delivered_and_comes_when_the_channel_heals(
    day: Day,
) -> None:
    """solvelab/service-checker#71: "notified" was noted although every channel had failed, and nothing followed."""
    await day.until("2026-03-02 09:50")
    day.screen.refuse = True
    await day.until("2026-03-02 09:55:10")
    assert ("-5m", "pending", None) in day.states()
    day.screen.refuse = False
    await day.until("2026-03-02 09:56")
    assert day.rungs_since("09:50") == [("09:55:22", "-5m")]
    assert ("-5m", "sent", "accepted") in day.states()


async def test_who_was_reached_on_no_channel_is_asked_and_not_suspected(day: Day) -> None:
    """solvelab/service-checker#71: what was noted as delivered, and was not, must not count against anybody."""
    day.screen.refuse = True
    await day.until("2026-03-02 10:15:10")
    day.screen.refuse = False
    await day.until("2026-03-02 10:16")
    assert day.only().verdict is Verdict.UNKNOWN
    assert day.cards() == []
    assert [rung for _at, rung in day.rungs()] == ["question"]


async def test_a_channel_that_went_silent_shows_in_the_status(day: Day) -> None:
    """leits/MeetingBar#882: notices stopped although they were switched on, and nothing said so."""
    await day.until("2026-03-02 09:50")
    day.screen.refuse = True
    await day.until("2026-03-02 10:10")
    (screen,) = status(day.app.config, day.app.store, 1, day.clock.at).channels
    assert screen.failed > 0
    assert screen.last_sent is not None
    assert f"{screen.last_sent.astimezone(BERLIN):%H:%M}" == "09:45"


async def test_a_session_that_is_over_before_its_time_is_not_the_next_one(day: Day) -> None:
    """An early check-in, and out again since they came early, too."""

    def coming() -> str | None:
        found = status(day.app.config, day.app.store, 1, day.clock.at).next_session
        return found.session.uid if found else None

    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    assert coming() == "one"
    day.answer(Kind.OUT)
    assert coming() is None
