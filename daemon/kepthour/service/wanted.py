"""Which units this installation wants: its command, its places, and the secrets that systemd is to hand in."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kepthour.core.errors import NeedsPerson
from kepthour.service.units import system_units, user_units

SYSTEM_CONFIG = Path("/etc/kepthour/config.toml")
_HIDDEN = ("/home/", "/root/", "/run/user/")  # from the system's service, by ProtectHome=
_PLACES = ("XDG_STATE_HOME", "XDG_DATA_HOME")  # a user's systemd knows nothing of what a shell's profile sets


def wanted_of_user(config: Path) -> Mapping[str, str]:
    """By name: the units of a user's own service, with the configuration `config` (absolute)."""
    places = {name: value for name in _PLACES if (value := os.environ.get(name))}
    return user_units(program(), ["run", "--config", str(config)], places)


def wanted_of_system() -> Mapping[str, str]:
    """By name: the units of the system's service. Raises NeedsPerson."""
    for place in (str(program()), sys.executable):
        if place.startswith(_HIDDEN):
            raise NeedsPerson(
                f"{place} lies in a home folder, which the system's service cannot see.",
                "Install Kept Hour for everybody, in /opt/kepthour, say.",
            )
    return system_units(program(), _credentials())


def program() -> Path:
    """The command that runs now, by the name under which an update will find it, too."""
    called = Path(sys.argv[0]).absolute()
    is_it = called.name == "kepthour" and os.access(called, os.X_OK)
    return called if is_it else Path(sys.executable).with_name("kepthour")


def _credentials() -> set[str]:
    """The names of the secrets that the system's configuration asks systemd for. Raises NeedsPerson."""
    try:
        return set(_named(tomllib.loads(SYSTEM_CONFIG.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise NeedsPerson(
            f"{SYSTEM_CONFIG} cannot be read ({error.strerror}).", "This takes root."
        ) from error
    except ValueError as error:
        raise NeedsPerson(
            f"{SYSTEM_CONFIG} cannot be used.", f"See why: kepthour check --config {SYSTEM_CONFIG}"
        ) from error


def _named(value: Any) -> Iterator[str]:
    """Every { credential = "…" }, wherever it stands."""
    if isinstance(value, list):
        for one in value:
            yield from _named(one)
    elif isinstance(value, dict):
        own = value.get("credential")
        if isinstance(own, str) and len(value) == 1:
            yield own
        for one in value.values():
            yield from _named(one)
