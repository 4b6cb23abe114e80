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
    return {
        # Translators: all these follow a time of day: "10:00 is back after a cancellation".
        Oddity.RESTORED: tongue.gettext("is back after a cancellation"),
        Oddity.MOVED: tongue.gettext("was moved lately"),
        Oddity.BY_CLOCKS: tongue.gettext("was moved by the clocks"),
        # Translators: for some weeks, since the clocks are changed there on another day than here.
        Oddity.CLOCKS_DIFFER: tongue.gettext("falls in weeks of an unusual time difference"),
        Oddity.OTHER_TIME: tongue.gettext("is at an unusual time"),
        Oddity.OTHER_WEEK: tongue.gettext("is in the other week"),
        Oddity.AFTER_BREAK: tongue.gettext("is the first after a break"),
        Oddity.OVERLAPS: tongue.gettext("overlaps with another"),
        Oddity.TWICE: tongue.gettext("stands twice, at two times"),
        Oddity.OTHER_PLACE: tongue.gettext("is at another place"),
        Oddity.NO_LINK: tongue.gettext("has no video link"),
        Oddity.OTHER_ZONE: tongue.gettext("is in another time zone"),
        Oddity.DOUBTFUL_ZONE: tongue.gettext("is in a time zone that had to be guessed"),
        Oddity.CLOCKS: tongue.gettext("comes after the clocks changed"),
    }[oddity]


def odd_text(tongue: Tongue, odd: Sequence[tuple[KnownSession, Oddity]], zone: ZoneInfo) -> str:
    """A digest's sentence about the sessions that are odd, each with the first of its oddities; not empty.

    If they are too many to be named, those are whose oddities come first: what holds for a whole day goes last.
    """
    rank = {code: place for place, code in enumerate(Oddity)}
    named = sorted(odd, key=lambda one: (rank[one[1]], one[0].start))[:_MOST]
    told = [
        f"{tongue.clock(session.start, zone)} {phrase(tongue, oddity)}"
        for session, oddity in sorted(named, key=lambda one: one[0].start)
    ]
    # Translators: one or two sessions, each with what is odd about it: "10:00 was moved lately; 14:00 has no …".
    said = tongue.gettext("Mind: {them}.", them="; ".join(told))
    more = len(odd) - len(told)
    if more:
        # Translators: follows the list of two; how many more there are.
        said += " " + tongue.ngettext("And {count} more.", "And {count} more.", more)
    return said
