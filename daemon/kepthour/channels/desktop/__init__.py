"""Channel `desktop`: notices on the Linux desktop, through org.freedesktop.Notifications.

An id from the server means accepted, not seen; a dismissed notice is not an answer. What is open is shown again
when the notification daemon comes back after it died.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from kepthour.ports import Channel


class Options(BaseModel):
    """The keys of a `desktop` channel: none of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def make(name: str, options: Options) -> Channel:
    """A channel called `name` on the session bus of this user."""
    from kepthour.channels.desktop.channel import Desktop

    return Desktop(name)
