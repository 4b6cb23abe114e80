"""Whether each secret that the configuration names can be read, as seen from this process. Never what it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from kepthour.checks.placing import replaceable
from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.config import Configuration
from kepthour.store.access import Access, Encrypted, KeyUnavailable, Refused
from kepthour.threads import in_own_thread
from kepthour_connectors.base import NamesSecretFiles
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


@dataclass(frozen=True, slots=True)
class _Named:
    """A secret that the configuration names."""

    subject: str  # whose it is: "practice: password"
    secret: Secret
    ask: Callable[[], object]  # raises SecretUnavailable, TimeoutError


def examine(config: Configuration, access: Access) -> list[Check]:
    """Reads them all, side by side. `access` is what the store was opened with: its key is not asked for again."""
    found = list(_all_of(config, access))
    told = asyncio.run(_tried(found)) if found else []
    return told + [
        check for subject, file in _files(config, found) for check in replaceable(NAME, subject, file)
    ]


def _files(config: Configuration, found: list[_Named]) -> Iterator[tuple[str, Path]]:
    for one in found:
        if one.secret.file is not None:
            yield one.subject, one.secret.file
    for calendar in config.calendars:
        if isinstance(calendar.options, NamesSecretFiles):
            for key, file in calendar.options.secret_files.items():
                yield f"{calendar.name}: {key}", file


async def _tried(found: list[_Named]) -> list[Check]:
    elsewhere = [one for one in found if one.secret.keyring is None]
    in_keyring = [one for one in found if one.secret.keyring is not None]
    told, said = await asyncio.gather(
        asyncio.gather(*map(_one, elsewhere)),
        _one_by_one(in_keyring),
    )
    by_subject = {one.subject: one for one in [*told, *said]}
    return [by_subject[one.subject] for one in found]


async def _one_by_one(found: list[_Named]) -> list[Check]:
    """A keyring that is locked opens a prompt for each question: one is enough."""
    told: list[Check] = []
    waits = False
    for one in found:
        if waits:
            what = "It was not asked for: the keyring has given no answer to the one before."
            told.append(problem(NAME, one.subject, what, _remedy(one.secret), critical=True))
            continue
        try:
            told.append(await _asked(one))
        except TimeoutError:
            waits = True
            told.append(_no_answer(one))
    return told


async def _one(one: _Named) -> Check:
    try:
        return await _asked(one)
    except TimeoutError:
        return _no_answer(one)


def _no_answer(one: _Named) -> Check:
    way, _place = _way(one.secret)
    what = f"Its {way} gave no answer; it may be locked, and ask for you."
    return problem(NAME, one.subject, what, _remedy(one.secret), critical=True)


async def _asked(one: _Named) -> Check:
    """Raises TimeoutError."""
    way, _place = _way(one.secret)
    if way == "credential" and "CREDENTIALS_DIRECTORY" not in os.environ:
        return skipped(
            NAME,
            one.subject,
            "Only the service is handed it by systemd; its calendar or channel tells there.",
        )
    remedy = _remedy(one.secret)
    try:
        async with asyncio.timeout(_SECONDS):
            await in_own_thread(one.ask, f"secret {one.subject}")
    except SecretUnavailable as error:
        said = str(error).partition(";")[0]
        return problem(NAME, one.subject, f"{said[:1].upper()}{said[1:]}.", remedy, critical=True)
    except TimeoutError:
        raise
    except Exception as error:  # noqa: BLE001  supervised: a keyring's backend may be anybody's
        what = f"Its {way} could not be asked ({type(error).__name__})."
        return problem(NAME, one.subject, what, remedy, critical=True)
    return ok(NAME, one.subject, f"It can be read ({way}).")


def _remedy(secret: Secret) -> str:
    way, place = _way(secret)
    return _REMEDIES[way].format(place=place)


def _key_of(access: Access) -> None:
    """Raises SecretUnavailable, TimeoutError, whichever kept it from the store."""
    assert isinstance(access, Encrypted), "the configuration names a key"
    try:
        _ = access.key
    except KeyUnavailable as error:
        raise error.__cause__ or error from None
    except Refused:
        return  # it can be read; what is wrong with it, the store tells


def _way(secret: Secret) -> tuple[str, str]:
    """How it is kept, and where, as far as that is no secret."""
    for way in _REMEDIES:
        place = getattr(secret, way)
        if place is not None:
            return way, place[0] if isinstance(place, tuple) else str(place)
    raise AssertionError("a secret has a place")


def _all_of(config: Configuration, access: Access) -> Iterator[_Named]:
    if config.store_key is not None:  # the first, since it has been asked already
        yield _Named("store: key", config.store_key, lambda: _key_of(access))
    owners = [(one.name, one.options) for one in config.calendars]
    owners += [(one.name, one.options) for one in config.channels]
    for name, options in owners:
        for path, secret in _in(options, ""):
            yield _Named(f"{name}: {path}", secret, secret.reveal)
    if config.heartbeat is not None:
        yield _Named("heartbeat: url", config.heartbeat.url, config.heartbeat.url.reveal)


def _in(value: Any, path: str) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _in(getattr(value, name), f"{path}.{name}".lstrip("."))
