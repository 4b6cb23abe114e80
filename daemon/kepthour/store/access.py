"""How the files of a store are opened: as they are, or with a key. Whoever opens one comes through here.

The key is 256 bits at random, and not a password: nothing has to be derived from it, which would take long.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kepthour.core.errors import KeptHourError, NeedsPerson
from kepthour.store.sealing import HEADER, KEY_BYTES, Form, fits, form, looks_sealed, may_be_sealed, salt

BUSY_SECONDS = 5
_KEY = re.compile(rf"[0-9A-Fa-f]{{{2 * KEY_BYTES}}}")
_ASK_AGAIN_AFTER = 30.0  # seconds: a keyring that is locked may ask its owner each time

Connection = sqlite3.Connection  # SQLCipher's is another class with the same methods


class Unusable(NeedsPerson):
    """The store cannot be written, or not even read. Catch it to go on without it."""


class KeyUnavailable(Unusable):
    """The key cannot be had just now: a keyring is locked, say. Catch it to ask again later."""


class Refused(NeedsPerson):
    """The store's file and the configuration do not go together. Catch it where the two are put together."""


class WrongKey(Refused):
    """Nothing in the file was encrypted with this key."""


class Access:
    """Plain files of SQLite."""

    encrypted = False

    @property
    def driver(self) -> Any:
        """The module that opens them: sqlite3, or one that is like it."""
        return sqlite3

    @property
    def faults(self) -> type[Exception]:
        """What that raises."""
        found: type[Exception] = self.driver.Error
        return found

    def connect(self, file: Path, *, make: bool = False) -> Connection:
        """A connection that may be used from any thread. Only with `make` a file is made. Raises `faults`."""
        place = f"{file.absolute().as_uri()}?mode={'rwc' if make else 'rw'}"
        connection: Connection = self.driver.connect(
            place, uri=True, timeout=BUSY_SECONDS, check_same_thread=False
        )
        return connection

    def check(self, file: Path) -> None:
        """Whether the file may be opened in this way. Raises Refused."""
        if form(file) is Form.ENCRYPTED:
            raise Refused(
                f"The store {file} is encrypted, and the configuration names no key.",
                "Say under [store] key where it is kept, as it was said before.",
            )

    def explain(self, file: Path) -> None:
        """What cannot be read is damaged, or was opened in the wrong way: raises Refused if it is the latter."""
        self.check(file)
        if form(file) is Form.TORN and looks_sealed(file):
            raise Refused(
                f"The store {file} is damaged and may be encrypted, and the configuration names no key.",
                "Say under [store] key where it is kept, or take the file away to begin anew.",
            )


class Encrypted(Access):
    """Files that SQLCipher encrypts. `ask` gives the key as hexadecimal digits, or raises KeyUnavailable.

    It is asked at the first use, and once; again only if it had none, and not sooner than half a minute later.
    """

    encrypted = True

    def __init__(self, ask: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._asking = threading.Lock()
        self._key: bytes | None = None
        self._refused: tuple[float, KeptHourError] | None = None

    def __repr__(self) -> str:
        return "Encrypted(…)"

    @property
    def driver(self) -> Any:
        """SQLCipher's. Raises NeedsPerson if it is not installed."""
        try:
            from sqlcipher3 import dbapi2
        except ImportError:
            raise not_installed() from None
        return dbapi2

    @property
    def key(self) -> bytes:
        """Raises KeyUnavailable, Refused."""
        with self._asking:
            if self._key is None:
                self._key = self._asked()
            return self._key

    @property
    def literal(self) -> str:
        """The key as SQLCipher takes it, with the salt."""
        return f"x'{(self.key + salt(self.key)).hex()}'"

    def connect(self, file: Path, *, make: bool = False) -> Connection:
        """As a plain one, and KeyUnavailable, Refused."""
        literal = self.literal
        connection = super().connect(file, make=make)
        try:
            connection.execute("PRAGMA cipher_log_level = NONE")  # else it writes to standard error
            connection.execute(f'PRAGMA key = "{literal}"')
            connection.execute(f"PRAGMA cipher_plaintext_header_size = {HEADER}")
            # as it is built: what is sorted is not encrypted
            connection.execute("PRAGMA temp_store = MEMORY")
        except self.faults:
            connection.close()
            raise
        return connection

    def check(self, file: Path) -> None:
        """Raises Refused, KeyUnavailable."""
        if form(file) is Form.PLAIN and not fits(file, self.key):
            raise Refused(
                f"The store {file} is not encrypted, and the configuration names a key.",
                "Encrypt it: kepthour store encrypt.",
            )
        _ = self.key

    def explain(self, file: Path) -> None:
        """One whole page proves the key: then others are torn. With none, all may be well but for the key."""
        self.check(file)
        if may_be_sealed(file) and not fits(file, self.key):
            raise WrongKey(
                f"The store {file} cannot be read with the key that the configuration names.",
                "Say under [store] key where the one is kept with which it was encrypted; nothing was changed.",
            )

    def _asked(self) -> bytes:
        if self._refused is not None and self._clock() - self._refused[0] < _ASK_AGAIN_AFTER:
            raise self._refused[1]
        try:
            text = self._ask().strip()
        except KeptHourError as error:
            self._refused = self._clock(), error
            raise
        if not _KEY.fullmatch(text):
            raise Refused(
                f"What is kept as the key of the store is none: {2 * KEY_BYTES} hexadecimal digits are wanted.",
                "Say under [store] key where the right one is; a new store gets one by: kepthour store encrypt.",
            )
        return bytes.fromhex(text)


def not_installed() -> NeedsPerson:
    """The extra is missing."""
    return NeedsPerson(
        "What encrypts the store is not installed.",
        'Install it with its extra "encryption": docs/install.md.',
    )


PLAIN = Access()
