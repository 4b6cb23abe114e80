"""Puts a secret where a `Secret` finds it: in the desktop's keyring, or in a file of one's own."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from kepthour_connectors.secrets import USER, Secret, SecretUnavailable, well_placed


class Unkept(Exception):
    """It was not stored. The text says why, and never what."""


def keyring_name() -> str | None:
    """What the keyring of this session is called; None: there is none, or none that keeps anything."""
    import keyring
    from keyring.backends import chainer, fail, null

    try:
        found = keyring.get_keyring()
        if isinstance(found, fail.Keyring | null.Keyring):
            return None
        if isinstance(found, chainer.ChainerBackend) and not found.backends:
            return None
        return str(found.name)
    except Exception:  # noqa: BLE001  supervised: a backend is anybody's
        return None


def holds(service: str) -> bool:
    """Whether the keyring has something for `service` already. Raises Unkept if it does not answer."""
    import keyring

    try:
        return bool(keyring.get_credential(service, None) or keyring.get_password(service, USER))
    except Exception as error:  # noqa: BLE001  supervised: a backend is anybody's
        raise Unkept(f"the keyring does not answer ({type(error).__name__})") from None


def keep_in_keyring(service: str, secret: str) -> Secret:
    """Store it for `service`, over what is there. Raises Unkept, too if the keyring forgets it at once."""
    import keyring

    kept = Secret(keyring=service)
    try:
        keyring.set_password(service, USER, secret)
        is_there = kept.reveal() == secret
    except SecretUnavailable:
        is_there = False
    except Exception as error:  # noqa: BLE001  supervised: a backend is anybody's
        raise Unkept(f"the keyring does not keep it ({type(error).__name__})") from None
    if not is_there:
        raise Unkept("the keyring does not keep it")
    return kept


def take_from_keyring(service: str) -> None:
    """Delete what this module stored for `service`. Raises Unkept."""
    import keyring

    try:
        keyring.delete_password(service, USER)
    except Exception as error:  # noqa: BLE001  supervised: a backend is anybody's
        raise Unkept(f"the keyring does not delete it ({type(error).__name__})") from None


def keep_in_file(file: Path, secret: str) -> Secret:
    """Store it in a new file, mode 0600. Raises FileExistsError, OpenToOthers where others may replace it, Unkept."""
    well_placed(file)
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                opened.write(f"{secret}\n")
                opened.flush()
                os.fsync(opened.fileno())
        except BaseException:
            with suppress(OSError):
                file.unlink()
            raise
    except FileExistsError:
        raise
    except OSError as error:
        raise Unkept(f"{file} cannot be written ({error.strerror})") from None
    return Secret(file=file)
