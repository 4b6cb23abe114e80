"""Channel `ntfy`: notices on a phone, and answers from it, through an ntfy server of one's own or a public one.

A button sends a signed word to a second topic, which the daemon reads by a connection of its own; so nothing has to
reach this machine from outside. Why it is so: docs/decisions/0017-answers-from-the-phone.md
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kepthour.ports import Channel
from kepthour_connectors.base import checked_url
from kepthour_connectors.secrets import Secret


class Options(BaseModel):
    """The keys of an `ntfy` channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    server: Annotated[str, AfterValidator(checked_url)] = Field("https://ntfy.sh", description="its address")
    topic: Secret = Field(description="where the name of the topic is kept that the phone is subscribed to")
    answers: Secret | None = Field(
        None, description="the same of a second topic, for answers; without it no buttons"
    )
    token: Secret | None = Field(None, description="an access token, if the server wants one")


def make(name: str, options: Options) -> Channel:
    """A channel that publishes to `options.topic`."""
    from kepthour.channels.ntfy.channel import Ntfy

    return Ntfy(name, options)
