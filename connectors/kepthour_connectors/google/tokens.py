"""Where the sign-in is kept: one JSON document, as google-auth's `Credentials.to_json()` writes it.

In a file of mode 0600, or in the desktop's keyring. It is as good as a password for reading the calendar.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Protocol

from kepthour_connectors.base import Surroundings
from kepthour_connectors.google import InKeyring, Options

_KEYRING_USER = "kepthour"


class Unkept(Exception):
    """The sign-in cannot be read or stored. The text says why, and never what."""


class Tokens(Protocol):
    """One account's sign-in."""

    def load(self) -> dict[str, Any] | None:
        """The document; None: there is none yet. Raises Unkept."""
        ...

    def save(self, document: dict[str, Any]) -> None:
        """Keep `document` in place of what was there. Raises Unkept."""
        ...


def tokens(options: Options, surroundings: Surroundings) -> Tokens:
    """The place that `options` names; by default a file in the calendar's own folder."""
    if isinstance(options.token, InKeyring):
        return _Keyring(options.token.keyring)
    return _File(options.token or place(surroundings))


def place(surroundings: Surroundings) -> Path:
    """The file, if the configuration names no other place."""
    return surroundings.data / "google-token.json"


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any] | None:
        try:
            return _document(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Unkept(f"{self._path} cannot be read ({type(error).__name__})") from None

    def save(self, document: dict[str, Any]) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Beside it and then in its place: a crash leaves the old one or the new one.
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".google-token-")  # mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(document, file)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise Unkept(f"{self._path} cannot be written ({type(error).__name__})") from None


class _Keyring:
    def __init__(self, service: str) -> None:
        self._service = service

    def load(self) -> dict[str, Any] | None:
        import keyring
        import keyring.errors

        try:
            found = keyring.get_password(self._service, _KEYRING_USER)
        except keyring.errors.KeyringError as error:
            raise Unkept(f"the keyring does not answer ({type(error).__name__})") from None
        return None if found is None else _document(found)

    def save(self, document: dict[str, Any]) -> None:
        import keyring
        import keyring.errors

        try:
            keyring.set_password(self._service, _KEYRING_USER, json.dumps(document))
        except keyring.errors.KeyringError as error:
            raise Unkept(f"the keyring does not keep it ({type(error).__name__})") from None


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unkept("what is stored is no sign-in")
    return found
