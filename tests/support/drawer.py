"""A keyring in a file, through the keyring library's own doors.

`DRAWER` names the file; `STUCK` what fails. A file beside it, with `.locked` at its end, locks it; one with `.asks` has
it wait for its owner, as a Secret Service does, until that file is gone. Each time it begins to, it adds a line there.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError

BACKEND = "tests.support.drawer.Drawer"
ROOT = Path(__file__).parents[2]


def environment(file: Path, stuck: str = "") -> dict[str, str]:
    """What makes it the keyring of a process."""
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHON_KEYRING_BACKEND": BACKEND,
        "DRAWER": str(file),
        "STUCK": stuck,
    }


class Drawer(KeyringBackend):
    """Passwords by "service/user"."""

    priority = 1
    name = "a drawer"

    @property
    def _file(self) -> Path:
        return Path(os.environ["DRAWER"])

    def _kept(self) -> dict[str, str]:
        if self._file.with_suffix(".locked").exists():
            raise KeyringLocked("a text of the keyring's own")
        self._ask_its_owner(self._file.with_suffix(".asks"))
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def _ask_its_owner(self, prompt: Path) -> None:
        with suppress(FileNotFoundError):
            with os.fdopen(os.open(prompt, os.O_WRONLY | os.O_APPEND), "w") as said:
                said.write("asked\n")
            while prompt.exists():
                time.sleep(0.05)

    def get_password(self, service: str, username: str) -> str | None:
        return self._kept().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        if os.environ["STUCK"] == "set":
            raise PasswordSetError(password)  # its text is not to be trusted
        if os.environ["STUCK"] != "forgets":
            self._file.write_text(json.dumps(self._kept() | {f"{service}/{username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        kept = self._kept()
        if os.environ["STUCK"] == "delete" or f"{service}/{username}" not in kept:
            raise PasswordDeleteError(username)
        del kept[f"{service}/{username}"]
        self._file.write_text(json.dumps(kept))
