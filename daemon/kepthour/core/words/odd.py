"""What is said of what is odd about a session: a few words each, to be read at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.oddities import Oddity
from kepthour.core.tongue import Tongue

_MOST = 2  # sessions that a digest names


def phrase(tongue: Tongue, oddity: Oddity) -> str:
    """One oddity in words."""
    match oddity:
        case Oddity.RESTORED:
            # Translators: all these follow a time of day: "10:00 is back after a cancellation".
            return tongue.gettext("is back after a cancellation")
        case Oddity.MOVED:
            return tongue.gettext("was moved lately")
        case Oddity.OTHER_TIME:
            return tongue.gettext("is at an unusual time")
        case Oddity.OTHER_WEEK:
            return tongue.gettext("is in the other week")
        case Oddity.AFTER_BREAK:
            return tongue.gettext("is the first after a break")
        case Oddity.OVERLAPS:
            return tongue.gettext("overlaps with another")
        case Oddity.TWICE:
            return tongue.gettext("stands twice, at two times")
        case Oddity.OTHER_PLACE:
            return tongue.gettext("is at another place")
        case Oddity.NO_LINK:
            return tongue.gettext("has no video link")
        case Oddity.CLOCKS:
            return tongue.gettext("comes after the clocks changed")
        case Oddity.BY_CLOCKS:
            return tongue.gettext("was moved by the clocks")


def odd_text(tongue: Tongue, odd: Sequence[tuple[KnownSession, Oddity]], zone: ZoneInfo) -> str:
    """A digest's sentence about the sessions that are odd, each with the first of its oddities; not empty."""
    told = [
        f"{tongue.clock(session.start, zone)} {phrase(tongue, oddity)}" for session, oddity in odd[:_MOST]
    ]
    # Translators: one or two sessions, each with what is odd about it: "10:00 was moved lately; 14:00 has no …".
    said = tongue.gettext("Mind: {them}.", them="; ".join(told))
    more = len(odd) - len(told)
    if more:
        # Translators: follows the list of two; how many more there are.
        said += " " + tongue.ngettext("And {count} more.", "And {count} more.", more)
    return said
