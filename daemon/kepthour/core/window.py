"""The few words that a window has of its own, around those of a notice."""

from __future__ import annotations

from dataclasses import dataclass

from kepthour.core.tongue import Tongue


@dataclass(frozen=True, slots=True)
class WindowWords:
    """In `ahead` and `since` the placeholder is still there: the window fills in its clock, every second."""

    ahead: str  # "in {clock}"
    now: str
    since: str  # "began {clock} ago"
    put_away: str  # the label of the button that does so, as Escape does
    also: str  # before the titles of others that wait


def window_words(tongue: Tongue) -> WindowWords:
    """The words in one language."""
    return WindowWords(
        # Translators: alone in large type. {clock} is a span that runs, to the second: "0:42". Leave it as it is.
        ahead=tongue.gettext("in {clock}", clock="{clock}"),
        # Translators: alone in large type: the session begins in this second.
        now=tongue.pgettext("clock", "now"),
        # Translators: alone in large type. {clock} is a span that runs, to the second: "1:10". Leave it as it is.
        since=tongue.gettext("began {clock} ago", clock="{clock}"),
        # Translators: in small type at the foot of a window. Esc is the key, as it is written on the keyboard.
        put_away=tongue.gettext("Esc: put this away until the next reminder. It answers nothing."),
        # Translators: in small type, before the title of another reminder that waits: "Also: Session at 14:00 …".
        also=tongue.gettext("Also: {title}", title="{title}"),
    )
