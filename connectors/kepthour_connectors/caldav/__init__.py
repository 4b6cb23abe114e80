"""A calendar on a CalDAV server (RFC 4791), synchronised with sync tokens (RFC 6578) where the server has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from kepthour_connectors.base import Connector, Offered, Surroundings, checked_url
from kepthour_connectors.places import File
from kepthour_connectors.secrets import Secret, private


class Options(BaseModel):
    """The keys of a `[[calendars]]` entry of type "caldav"."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(checked_url)] = Field(
        description="a calendar's own address; with `calendar`, any address of the account"
    )
    calendar: str | None = Field(None, min_length=1, description="the calendar's display name")
    discover: bool = Field(
        False, description="url is only a host; where its calendars are is asked at /.well-known/caldav"
    )
    username: str | None = Field(None, min_length=1)
    password: Secret | None = None
    auth: Literal["basic", "digest", "bearer"] | None = Field(
        None, description="None: as the server asks, for one more request at the first poll"
    )
    ca_file: File | None = Field(
        None, description="PEM file of the authority that signed the server's certificate"
    )
    client_certificate: File | None = Field(
        None, description="PEM file with the certificate that the server wants to see of its clients"
    )
    client_key: File | None = Field(
        None, description="PEM file with its key, not encrypted; None: it is in client_certificate"
    )

    @model_validator(mode="after")
    def _signs_in_completely(self) -> Options:
        if self.auth is not None and self.password is None:
            raise ValueError(f'auth = "{self.auth}" needs a password')
        if self.auth != "bearer" and (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together; one of them is missing")
        return self

    @model_validator(mode="after")
    def _discovers_with_all_it_needs(self) -> Options:
        if not self.discover:
            return self
        if self.calendar is None:
            raise ValueError("discover needs calendar, the name of the calendar to look for")
        parts = urlsplit(self.url)
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError(f"with discover, url is only the host: {parts.scheme}://{parts.netloc}")
        return self

    @model_validator(mode="after")
    def _shows_its_certificate_safely(self) -> Options:
        if self.client_certificate is None:
            if self.client_key is not None:
                raise ValueError("client_key needs client_certificate, whose key it is")
            return self
        if urlsplit(self.url).scheme != "https":
            raise ValueError("client_certificate needs an https address; plain http shows none")
        private(self.client_key or self.client_certificate)
        return self

    @property
    def secret_files(self) -> Mapping[str, Path]:
        """As `base.NamesSecretFiles` says."""
        if self.client_key is not None:
            return {"client_key": self.client_key}
        return {"client_certificate": self.client_certificate} if self.client_certificate is not None else {}


def connect(options: Options, surroundings: Surroundings) -> Connector:
    """A connector for `options`; the first request is made by its first poll."""
    from kepthour_connectors.caldav.connector import CalDavConnector

    return CalDavConnector(options)


def calendars(options: Options) -> tuple[Offered, ...]:
    """As `base.OffersCalendars` says: `options.url` is the server, any address of the account, or a calendar's own."""
    from kepthour_connectors.caldav.offering import offered

    return offered(options)
