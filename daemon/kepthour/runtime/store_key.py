"""Makes the key of an encrypted store, and keeps it where the configuration can say: it is never shown."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from kepthour.core.errors import NeedsPerson
from kepthour.store.access import Encrypted, KeyUnavailable
from kepthour.store.sealing import KEY_BYTES
from kepthour_connectors.secrets import Secret, SecretUnavailable

_USER = "kepthour"  # as `Secret` looks for it


def made(where: Secret) -> Encrypted:
    """With the key that is kept there; with a new one that is kept there from now on, if there is none.

    Raises NeedsPerson if it cannot be kept, or what is there is no key.
    """
    try:
        where.reveal()
    except SecretUnavailable as error:
        _keep(where, str(error))
    access = Encrypted(where.reveal)
    try:
        _ = access.key  # as it will be read
    except SecretUnavailable as error:
        raise NeedsPerson(f"The key could not be kept: {error}.", "Choose another place for it.") from None
    return access


def _keep(where: Secret, why: str) -> None:
    key = secrets.token_hex(KEY_BYTES)
    if where.keyring is not None:
        _into_the_keyring(where.keyring, key)
    elif where.file is not None:
        _into_a_file(where.file, key)
    else:  # others keep those
        raise KeyUnavailable(
            f"The key of the store is not to be had: {why}.",
            "Put one there, 64 hexadecimal digits at random, or say { keyring = … } or { file = … }.",
        )


def _into_the_keyring(service: str, key: str) -> None:
    import keyring
    from keyring.errors import KeyringError

    try:
        if keyring.get_password(service, _USER) is None:  # it may have been locked a moment ago
            keyring.set_password(service, _USER, key)
    except KeyringError as error:
        raise NeedsPerson(
            f"The keyring does not take the key ({type(error).__name__}).",
            "Unlock it, or keep the key in a file: kepthour store encrypt --key-file FILE.",
        ) from None


def _into_a_file(file: Path, key: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(key + "\n")
            opened.flush()
            os.fsync(handle)
    except OSError as error:
        raise NeedsPerson(
            f"The key could not be written to {file} ({error.strerror}).", "Name another file."
        ) from error
