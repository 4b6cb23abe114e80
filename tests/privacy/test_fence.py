"""The fence around the whole suite (tests/support/fence.py) notices what it is there for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.ladder import Urgency
from kepthour.core.notice import Notice
from kepthour.logger import log
from kepthour.runtime.logs import set_up
from kepthour.views.agenda import explain
from tests.fakes.channels import Recorder
from tests.support.clock import FakeClock
from tests.support.day import a_morning, when
from tests.support.fence import TITLE, WORDS, fenced, watch_logs


def test_events_hold_what_must_not_be_told(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    start = when("2026-03-02 00:00")
    (one,) = explain(day.app.config, day.app.store, "", start, start + timedelta(days=1))
    assert TITLE in one.occurrence.title.reveal()
    with pytest.raises(AssertionError, match="left the program"):
        fenced(f"He said: {WORDS.upper()}")


async def test_a_channel_that_is_handed_them_fails_the_test() -> None:
    clock = FakeClock(when("2026-03-02 10:00"))
    notice = Notice("1", "s", "0m", Urgency.NORMAL, f"Session with {TITLE}", "", None, None, (), stays=False)
    with pytest.raises(AssertionError, match="left the program"):
        await Recorder(clock).send(notice, None)


def test_a_log_event_is_kept_whatever_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(2)
    kept = watch_logs()
    log.debug("calendar.read", title=WORDS)
    assert len(kept) == 1
    assert WORDS in kept[0]
    kept.clear()
    log.warning("calendar.read", title=WORDS)
    assert len(kept) == 1
    assert WORDS in capsys.readouterr().err
