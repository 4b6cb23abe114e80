"""Whether each secret that the configuration names can be read, as seen from this process. Never what it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.config import Configuration
from kepthour.threads import in_own_thread
from kepthour_connectors.secrets import Secret, SecretUnavailable

NAME = "secret"
_SECONDS = 25.0  # a command has 20; a keyring that is locked may ask its owner, who may not be there
_ELSEWHERE = "or keep it elsewhere: docs/configuration.md"
_REMEDIES = {
    "keyring": "Unlock the keyring (log in to your desktop), store it with: keyring set {place} kepthour, "
    + _ELSEWHERE
    + ".",
    "credential": "See LoadCredential= in the unit: kepthour service show.",
    "file": "Write it into {place} (chmod 600), " + _ELSEWHERE + ".",
    "env": "Set {place} where the daemon is started, " + _ELSEWHERE + ".",
    "command": "Run it by hand to see why; it has to print the secret on its first line.",
}


def examine(config: Configuration) -> list[Check]:
    """Reads them all, side by side."""
    found = list(_all_of(config))
    if not found:
        return []
    return asyncio.run(_tried(found))


async def _tried(found: list[tuple[str, Secret]]) -> list[Check]:
    return list(await asyncio.gather(*(_one(subject, secret) for subject, secret in found)))


async def _one(subject: str, secret: Secret) -> Check:
    way, place = _way(secret)
    if way == "credential" and "CREDENTIALS_DIRECTORY" not in os.environ:
        return skipped(
            NAME, subject, "Only the service is handed it by systemd; its calendar or channel tells there."
        )
    remedy = _REMEDIES[way].format(place=place)
    try:
        async with asyncio.timeout(_SECONDS):
            await in_own_thread(secret.reveal, f"secret {subject}")
    except SecretUnavailable as error:
        said = str(error).partition(";")[0]
        return problem(NAME, subject, f"{said[:1].upper()}{said[1:]}.", remedy, critical=True)
    except TimeoutError:
        what = f"Its {way} gave no answer within {_SECONDS:.0f} seconds; it may be locked, and ask for you."
        return problem(NAME, subject, what, remedy, critical=True)
    except Exception as error:  # noqa: BLE001  supervised: a keyring's backend may be anybody's
        what = f"Its {way} could not be asked ({type(error).__name__})."
        return problem(NAME, subject, what, remedy, critical=True)
    return ok(NAME, subject, f"It can be read ({way}).")


def _way(secret: Secret) -> tuple[str, str]:
    """How it is kept, and where, as far as that is no secret."""
    for way in _REMEDIES:
        place = getattr(secret, way)
        if place is not None:
            return way, place[0] if isinstance(place, tuple) else str(place)
    raise AssertionError("a secret has a place")


def _all_of(config: Configuration) -> Iterator[tuple[str, Secret]]:
    """Each with whose it is: "practice: password"."""
    owners = [(one.name, one.options) for one in config.calendars]
    owners += [(one.name, one.options) for one in config.channels]
    for name, options in owners:
        for path, secret in _in(options, ""):
            yield f"{name}: {path}", secret
    if config.store_key is not None:
        yield "store: key", config.store_key
    if config.heartbeat is not None:
        yield "heartbeat: url", config.heartbeat.url


def _in(value: Any, path: str) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _in(getattr(value, name), f"{path}.{name}".lstrip("."))
