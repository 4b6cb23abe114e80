"""Secrets by reference: the configuration says where a secret is, never what it is."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kepthour_connectors.folders import open_folder
from kepthour_connectors.places import at_home

_WAYS = ("keyring", "credential", "file", "env", "command")
_HOW = (
    'say where it is kept: { keyring = "…" }, { credential = "…" }, { file = "…" }, { env = "…" } '
    'or { command = ["…"] }'
)
_COMMAND_SECONDS = 20
USER = "kepthour"  # under which a secret stands in the keyring, if it was stored for us


_overlooked = ContextVar("_overlooked", default=False)


@contextmanager
def open_ones_overlooked() -> Iterator[None]:
    """Within, a secret that others may read is no fault: whoever is asked "are you there?" cannot wait for a chmod."""
    before = _overlooked.set(True)
    try:
        yield
    finally:
        _overlooked.reset(before)


class OpenToOthers(ValueError):
    """A file that holds a secret is not for its owner alone. The `remedy` is not in the configuration."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(f"{what}; {remedy}")

    @property
    def sentences(self) -> tuple[str, str]:
        """What is the matter, and the remedy."""
        return f"{self.what[:1].upper()}{self.what[1:]}.", f"{self.remedy[:1].upper()}{self.remedy[1:]}."


def private(path: Path) -> Path:
    """`path`, which holds a secret. Raises OpenToOthers if others may do anything with it.

    That they may replace it is no fault: the mode of a folder changes though nobody touched what is ours, and then
    nobody would be reminded.
    """
    # What cannot be looked at is told when the secret is needed, so that one calendar never stops the others; so is a
    # folder.
    try:
        mode = path.stat().st_mode
    except OSError:
        return path
    if stat.S_ISDIR(mode) or _overlooked.get():
        return path
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise OpenToOthers(f"others may read {path}", f"close it with: chmod 600 {shlex.quote(str(path))}")
    return path


def well_placed(path: Path) -> Path:
    """`path`, where a secret is to be put. Raises OpenToOthers if others may put another file in its place."""
    if (folder := open_folder(path)) is not None:
        raise OpenToOthers(
            f"others may put another file in the place of {path}",
            f"close it with: chmod go-w {shlex.quote(str(folder))}, or keep the file elsewhere",
        )
    return path


class SecretUnavailable(Exception):
    """The place named in the configuration does not give the secret. The text says why, and never what."""


class Secret(BaseModel):
    """Where a secret is kept. Exactly one of the five ways is set; `reveal` fetches it anew each time."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    keyring: str | None = Field(None, min_length=1, description="service name in the Secret Service keyring")
    credential: str | None = Field(None, pattern=r"^[\w.@-]+$", description="systemd credential's name")
    file: Path | None = Field(None, description="a file of one's own, mode 0600")
    env: str | None = Field(None, min_length=1, description="environment variable")
    command: tuple[str, ...] | None = Field(None, min_length=1, description="prints it on its first line")

    @model_validator(mode="before")
    @classmethod
    def _is_a_table(cls, value: Any) -> Any:
        if isinstance(value, Secret):
            return value
        if isinstance(value, str):
            raise ValueError(f"a secret must not stand in the configuration; {_HOW}")
        if not isinstance(value, dict):
            raise ValueError(_HOW)
        if len([way for way in _WAYS if way in value]) != 1:
            raise ValueError(f"needs exactly one way; {_HOW}")
        return value

    @field_validator("file")
    @classmethod
    def _is_private(cls, path: Path | None) -> Path | None:
        if path is None:
            return None
        return private(at_home(path))

    def reveal(self) -> str:
        """The secret itself, without a trailing line break. Raises SecretUnavailable."""
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise SecretUnavailable(f"the environment variable {self.env} is not set")
            return value
        if self.file is not None:
            return _first_line(_read(self.file), str(self.file))
        if self.credential is not None:
            return _first_line(_read(_credential_path(self.credential)), f"the credential {self.credential}")
        if self.command is not None:
            return _first_line(_run(self.command), f"the command {self.command[0]}")
        assert self.keyring is not None
        return _from_keyring(self.keyring)


def _first_line(text: str, source: str) -> str:
    line = text.split("\n", 1)[0].rstrip("\r")
    if not line:
        raise SecretUnavailable(f"{source} is empty")
    return line


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise SecretUnavailable(f"{path} could not be read ({reason})") from None


def _credential_path(name: str) -> Path:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretUnavailable(
            f"the credential {name} exists only in a systemd service with LoadCredential={name}:…"
        )
    return Path(folder) / name


def _run(argv: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise SecretUnavailable(f"the command {argv[0]} did not run ({type(error).__name__})") from None
    if done.returncode != 0:
        raise SecretUnavailable(f"the command {argv[0]} ended with exit code {done.returncode}")
    return done.stdout


def _from_keyring(service: str) -> str:
    import keyring  # slow, and needed by this way only

    try:
        found = keyring.get_credential(service, None)
        password = found.password if found else keyring.get_password(service, USER)
    except Exception as error:  # noqa: BLE001  supervised: a backend is anybody's
        raise SecretUnavailable(f"the keyring could not be asked ({type(error).__name__})") from None
    if not password:
        raise SecretUnavailable(
            f"the keyring has nothing for {service}; store it with: keyring set {service} {USER}"
        )
    return password
