"""The sessions with one client before another, and when each is by the therapist's clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.changes import KnownSession
from kepthour.core.history import LOOKED_BACK, History
from kepthour.core.privacy import NOTHING, Phi

BERLIN = ZoneInfo("Europe/Berlin")
_FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)


def _session(number: int, hours: int, uid: str, alias: str) -> KnownSession:
    start = _FIRST + timedelta(hours=hours)
    end = start + timedelta(minutes=50)
    return KnownSession(
        str(number), "practice", uid, None, start, end, Phi(alias), NOTHING, NOTHING, 1, cancelled=False
    )


_sessions = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 12, 13, 24, 24 * 99, 24 * 100, 24 * 101, 24 * 200]) | st.integers(0, 24 * 300),
        st.sampled_from("uv"),
        st.sampled_from(["", "AB", "CD"]),
    ),
    max_size=30,
).map(lambda those: [_session(number, *one) for number, one in enumerate(those)])


def _is_theirs(one: KnownSession, session: KnownSession) -> bool:
    if session.client or one.client:
        return one.client == session.client
    return one.uid == session.uid


@given(_sessions)
def test_it_finds_what_a_look_at_all_of_them_finds(sessions: list[KnownSession]) -> None:
    history = History(sessions, BERLIN)
    for session in sessions:
        by_start = {
            one.start: one
            for one in sorted(sessions, key=lambda one: one.start)
            if _is_theirs(one, session) and session.start - LOOKED_BACK <= one.start < session.start
        }
        found = history.before(session)
        assert [one.session for one in found] == list(by_start.values())
        local = [start.astimezone(BERLIN) for start in by_start]
        assert [one.slot for one in found] == [(at.weekday(), at.hour, at.minute) for at in local]
        weeks = [(at.date() - datetime(2025, 12, 29).date()).days // 7 for at in local]
        assert [one.week - history.met(_session(0, 0, "u", "")).week + 1 for one in found] == weeks
        near = [one for one in sessions if abs(one.start - session.start) <= timedelta(hours=12)]
        assert {one.id for one in history.around(session)} == {one.id for one in near}
