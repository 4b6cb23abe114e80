"""A sign-in to Google that ends in the night, and the morning after it."""

from __future__ import annotations

from pathlib import Path

from tests.support.google_day import google_day


async def test_what_is_revoked_in_the_night_is_told_in_the_morning_and_the_stored_sessions_remind(
    tmp_path: Path,
) -> None:
    with google_day(tmp_path, "2026-03-01 22:00", digests=True) as at_google:
        at_google.calendar.create("AB", "2026-03-02T10:00")
        day = at_google.day
        at_google.poll()
        await day.until("2026-03-01 23:00")
        at_google.google.sign_in.revoke(at_google.anna.email)
        await day.until("2026-03-02 10:01")
        told = list(zip(day.rungs(), day.notices(), strict=True))
        digest = next(notice for (_at, rung), notice in told if rung == "digest-morning")
        alerts = [(at, notice.urgency.value) for (at, rung), notice in told if rung == "calendar"]
        rungs = [rung for (_at, rung), _notice in told if rung.endswith("m")]
    assert "practice" in digest.text
    assert "sign in again" in digest.text
    assert [urgency for _at, urgency in alerts] == ["normal", "high", "critical"]
    assert alerts[-1][0] < "10:00:00"
    assert rungs == ["-60m", "-15m", "-5m", "-1m", "0m", "+1m"]
