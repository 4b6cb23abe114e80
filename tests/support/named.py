"""Sessions known by a rule that gives the client's alias, in a calendar or two; and how those of a morning stand."""

from __future__ import annotations

from kepthour.core.verdict import Verdict
from tests.support.day import CONFIG, Day

RULE = '[[sessions.rules]]\ntitle = "^(?P<client>[A-Z]{2}) "\nis = "session"\n'
NAMED = CONFIG.replace('sessions = "all"', 'sessions = "rules"') + RULE
SECOND = '[[calendars]]\nname = "second"\ntype = "memory"\nsessions = "rules"\n'


def stands(day: Day) -> list[tuple[str, Verdict | None, str]]:
    """Of each session of the second of March: its start (UTC), verdict and state."""
    return [
        (f"{one.session.start:%H:%M}", one.verdict, one.state.value)
        for one in day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
    ]
