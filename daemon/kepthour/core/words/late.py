"""What is said to, and drafted for, a therapist who is running late."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.tongue import Tongue
from kepthour.core.words.text import Text

_MINUTE = timedelta(minutes=1)


def late_text(tongue: Tongue, announced: datetime, zone: ZoneInfo) -> Text:
    """A draft for the client of a therapist who is running late: theirs to change and to send. Promises no cause."""
    # Translators: heads the draft, for the therapist. Nothing is sent by the program.
    title = tongue.gettext("A message for your client, if you want to send one:")
    # Translators: from the therapist to the client. A fact and a regret; no reason, no excuse.
    body = tongue.gettext(
        "I am running late, and will be with you at {clock}. I am sorry for the wait.",
        clock=tongue.clock(_whole(announced), zone),
    )
    return Text(title, body)


def _whole(announced: datetime) -> datetime:
    """The next whole minute: nobody tells a client seconds."""
    return announced + (-timedelta(seconds=announced.second, microseconds=announced.microsecond)) % _MINUTE


def noted_text(tongue: Tongue, announced: datetime, zone: ZoneInfo) -> Text:
    """ "Running late" was heard: until when it is quiet, and the draft."""
    # Translators: confirms that the therapist said to be late. {clock} is the start that was announced.
    title = tongue.gettext("Noted: you begin at {clock}", clock=tongue.clock(_whole(announced), zone))
    draft = late_text(tongue, announced, zone).body
    # Translators: {draft} is the whole message to the client.
    return Text(title, tongue.gettext("You may send: {draft}", draft=draft))
