"""A calendar of a Google account, read through Google's own client library (Calendar API v3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from kepthour_connectors.base import Connector, Surroundings, checked_url
from kepthour_connectors.places import File
from kepthour_connectors.secrets import private

CALENDAR_SCOPES = (
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
)
MEET_SCOPE = "https://www.googleapis.com/auth/meetings.space.readonly"
# Tells the number of the account, and nothing else: by it the therapist is known in a call (see meet.py).
WHO_SCOPE = "openid"


class InKeyring(BaseModel):
    """A place in the desktop's keyring."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    keyring: str = Field(min_length=1)


class Options(BaseModel):
    """The keys of a `[[calendars]]` entry of type "google"."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    calendar: str = Field("primary", min_length=1, description="its id, or its name as Google shows it")
    client_secret: Annotated[File, AfterValidator(private)] | None = Field(
        None, description="the file of your own OAuth client (type desktop app); for `kepthour auth google`"
    )
    token: Annotated[File, AfterValidator(private)] | InKeyring | None = Field(
        None, description="where the sign-in is kept; None: in the data folder"
    )
    meet: bool = Field(False, description="ask Google Meet whether you were in the room, as evidence")
    endpoint: Annotated[str, AfterValidator(checked_url)] | None = Field(
        None, description="another root of the Calendar API"
    )
    meet_endpoint: Annotated[str, AfterValidator(checked_url)] | None = Field(
        None, description="another root of the Meet API"
    )

    @model_validator(mode="after")
    def _has_whole_endpoints(self) -> Options:
        # The client library replaces both its root and its service path by this, and joins with no slash of its own.
        for name in ("endpoint", "meet_endpoint"):
            if (value := getattr(self, name)) is not None and not value.endswith("/"):
                raise ValueError(f"{name} must end with a slash: {value}/")
        return self

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the therapist is asked to allow: reading, and nothing else."""
        return (*CALENDAR_SCOPES, MEET_SCOPE, WHO_SCOPE) if self.meet else CALENDAR_SCOPES

    @property
    def secret_files(self) -> Mapping[str, Path]:
        """As `base.NamesSecretFiles` says."""
        files = {"client_secret": self.client_secret, "token": self.token}
        return {key: file for key, file in files.items() if isinstance(file, Path)}

    @property
    def evidence(self) -> str | None:
        """The kind of evidence that this calendar's account is to give; None: none."""
        return "meet" if self.meet else None


def connect(options: Options, surroundings: Surroundings) -> Connector:
    """A connector for `options`; the first request is made by its first poll."""
    from kepthour_connectors.google.connector import GoogleConnector

    return GoogleConnector(options, surroundings)


def new_sign_in(
    options: Options,
    surroundings: Surroundings,
    *,
    say: Callable[[str], None],
    browser: bool,
    port: int,
    timeout: float,
) -> None:
    """As `base.SignsIn` says. (Not called as its module is: importing that would put the module in its place.)"""
    from kepthour_connectors.google.sign_in import sign_in

    sign_in(options, surroundings, say=say, browser=browser, port=port, timeout=timeout)
