"""The stored sign-in as google-auth's credentials, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from google.oauth2.credentials import Credentials

from kepthour_connectors.base import SignInNeeded, checked_url
from kepthour_connectors.google.tokens import Tokens, Unkept


def sign_in_again(name: str, what: str) -> SignInNeeded:
    """The error for a sign-in that is missing or has ended; `name` is the calendar's."""
    return SignInNeeded(what, f'Sign in: kepthour auth google "{name}"')


class Keeper:
    """The credentials of one calendar, kept in step with what is stored."""

    def __init__(self, tokens: Tokens, name: str) -> None:
        self._tokens = tokens
        self._name = name
        self._stored: str | None = None  # the access token that is stored

    def load(self) -> Credentials:
        """What is stored. Raises SignInNeeded."""
        try:
            document = self._tokens.load()
        except Unkept as error:
            raise sign_in_again(self._name, f"The sign-in to Google is not at hand: {error}.") from None
        if document is None:
            raise sign_in_again(self._name, "Nobody has signed in to Google for this calendar yet.")
        try:
            found = _credentials(document)
        except (KeyError, TypeError, ValueError):
            raise sign_in_again(self._name, "What is stored as the sign-in to Google is none.") from None
        self._stored = found.token
        return found

    def keep(self, credentials: Credentials) -> None:
        """Store `credentials` if they were renewed. Raises SignInNeeded if that fails."""
        if credentials.token == self._stored:
            return
        try:
            document = self._tokens.load() or {}
            self._tokens.save({**document, **renewed(credentials)})
        except Unkept as error:
            raise sign_in_again(
                self._name, f"The renewed sign-in to Google cannot be kept: {error}."
            ) from None
        self._stored = credentials.token


def renewed(credentials: Credentials) -> dict[str, Any]:
    """What of the stored document changes when an access token is renewed. `expiry` is RFC 3339, UTC."""
    expiry: datetime | None = credentials.expiry  # naive UTC, as google-auth keeps it
    return {
        "token": credentials.token,
        "refresh_token": credentials.refresh_token,
        "expiry": expiry.replace(tzinfo=None).isoformat() + "Z" if expiry else None,
    }


def _credentials(document: dict[str, Any]) -> Credentials:
    # Not the library's own reader: it would put Google's address in the place of the document's token_uri.
    expiry = document.get("expiry")
    return Credentials(  # type: ignore[no-untyped-call]
        token=document.get("token"),
        refresh_token=_text(document["refresh_token"]),
        token_uri=checked_url(_text(document.get("token_uri") or "https://oauth2.googleapis.com/token")),
        client_id=_text(document["client_id"]),
        client_secret=_text(document["client_secret"]),
        scopes=list(document.get("scopes") or []) or None,
        expiry=_moment(expiry) if expiry else None,
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
