"""A calendar as one iCalendar text (RFC 5545): a file, or a feed at a secret address."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kepthour_connectors.base import Connector, Surroundings
from kepthour_connectors.places import File
from kepthour_connectors.secrets import Secret


class Options(BaseModel):
    """The keys of a `[[calendars]]` entry of type "ics"."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: File | None = Field(None, description="a file of one's own")
    url: Secret | None = Field(None, description="where the feed's address is kept: who has it can read all")

    @model_validator(mode="after")
    def _has_one_source(self) -> Options:
        if (self.path is None) == (self.url is None):
            raise ValueError("needs exactly one of path (a file) and url (a feed)")
        return self


def plain_address(address: str) -> str:
    """`address`, with https for webcal:// and webcals://, which are the same thing by another name."""
    if address.lower().startswith("webcal"):
        return "https://" + address.partition("://")[2]
    return address


def connect(options: Options, surroundings: Surroundings) -> Connector:
    """A connector for `options`; nothing is read before its first poll."""
    from kepthour_connectors.ics.connector import File, IcsConnector

    if options.path is not None:
        return IcsConnector(File(options.path))
    from kepthour_connectors.ics.feed import Feed  # the HTTP library, which a file does not need

    assert options.url is not None
    return IcsConnector(Feed(options.url))
