"""Makes the key of an encrypted store, and keeps it where the configuration can say: it is never shown."""

from __future__ import annotations

import secrets
from pathlib import Path

from kepthour.core.errors import NeedsPerson
from kepthour.store.access import Encrypted, KeyUnavailable
from kepthour.store.rescue import to_disk
from kepthour.store.sealing import KEY_BYTES
from kepthour.threads import Question
from kepthour_connectors.keeping import Unkept, holds, keep_in_file, keep_in_keyring
from kepthour_connectors.secrets import OpenToOthers, Secret, SecretUnavailable

_SECONDS = 60.0  # somebody is there, and may have a password to type


def made(where: Secret, seconds: float = _SECONDS) -> Encrypted:
    """With the key that is kept there; with a new one that is kept there from now on, if there is none.

    Raises NeedsPerson if it cannot be kept, what is there is no key, or there is no answer within `seconds`.
    """
    try:
        return Question(lambda: _made(where), seconds, "key of the store")()
    except TimeoutError:
        raise NeedsPerson(
            f"Where the key is kept gave no answer within {seconds:.0f} seconds; it may be locked, and ask for you.",
            "Nothing was encrypted. Unlock it, and try again.",
        ) from None


def _made(where: Secret) -> Encrypted:
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
    try:
        if not holds(service):  # it may have been locked a moment ago
            keep_in_keyring(service, key)
    except Unkept as error:
        raise NeedsPerson(
            f"The key could not be kept: {error}.",
            "Unlock the keyring, or keep the key in a file: kepthour store encrypt --key-file FILE.",
        ) from None


def _into_a_file(file: Path, key: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep_in_file(file, key)
        to_disk(file.parent)
    except OpenToOthers as error:
        what, remedy = error.sentences
        raise NeedsPerson(f"The key could not be kept. {what}", remedy) from None
    except Unkept as error:
        raise NeedsPerson(f"The key could not be kept: {error}.", "Name another file.") from None
    except OSError as error:
        raise NeedsPerson(
            f"The key could not be written to {file} ({error.strerror}).", "Name another file."
        ) from error
