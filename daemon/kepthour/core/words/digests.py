"""What the evening's and the morning's digest say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.freshness import Freshness
from kepthour.core.oddities import Oddity
from kepthour.core.tongue import Tongue
from kepthour.core.words.odd import odd_text
from kepthour.core.words.text import Text


def digest_text(
    tongue: Tongue,
    rung: str,
    sessions: Sequence[KnownSession],
    zone: ZoneInfo,
    troubled: Mapping[str, Freshness],
    silent: int = 0,
    odd: Sequence[tuple[KnownSession, Oddity]] = (),
) -> Text:
    """The evening's or morning's digest: how many, the first start, and which calendars (by name) are not in sync.

    `silent` counts the sessions of that day that stand in a leave; `odd` are those of which something is odd, and what.
    """
    title = _day_title(tongue, rung, len(sessions), tongue.clock(sessions[0].start, zone))
    parts = [odd_text(tongue, odd, zone)] if odd else []
    parts += [_silent(tongue, silent)] if silent else []
    if troubled:
        them = ", ".join(f"{name} ({_short(tongue, state)})" for name, state in troubled.items())
        # Translators: {calendars} is a list with the trouble of each: "practice (not in sync), ehr (sign in again)".
        parts.append(
            tongue.gettext("This may be incomplete: {calendars}. See: kepthour status.", calendars=them)
        )
    elif odd:
        parts.append(tongue.gettext("All calendars are in sync. More: kepthour agenda."))
    else:
        parts.append(tongue.gettext("All calendars are in sync. See the day with: kepthour agenda."))
    return Text(title, " ".join(parts))


def away_text(tongue: Tongue, rung: str, count: int, first: datetime, zone: ZoneInfo) -> Text:
    """A digest of a day on which the therapist is away, and sessions stand in the calendar all the same."""
    if rung == "digest-evening":
        title = tongue.ngettext(
            "You are away tomorrow, and {count} session stands in the calendar",
            "You are away tomorrow, and {count} sessions stand in the calendar",
            count,
        )
    else:
        title = tongue.ngettext(
            "You are away today, and {count} session stands in the calendar",
            "You are away today, and {count} sessions stand in the calendar",
            count,
        )
    body = tongue.gettext(
        "The first at {clock}. Move or cancel; or you are back: kepthour away --end.",
        clock=tongue.clock(first, zone),
    )
    return Text(title, body)


def _day_title(tongue: Tongue, rung: str, count: int, clock: str) -> str:
    if rung == "digest-evening":
        return tongue.ngettext(
            "Tomorrow: {count} session, the first at {clock}",
            "Tomorrow: {count} sessions, the first at {clock}",
            count,
            clock=clock,
        )
    return tongue.ngettext(
        "Today: {count} session, the first at {clock}",
        "Today: {count} sessions, the first at {clock}",
        count,
        clock=clock,
    )


def _silent(tongue: Tongue, count: int) -> str:
    # Translators: besides the sessions that the digest counts; the therapist is away for a part of that day.
    return tongue.ngettext(
        "{count} more stands in your leave: move or cancel it.",
        "{count} more stand in your leave: move or cancel them.",
        count,
    )


def _short(tongue: Tongue, state: Freshness) -> str:
    if state is Freshness.SIGN_IN_NEEDED:
        return tongue.pgettext("calendar", "sign in again")
    return tongue.pgettext("calendar", "not in sync")
