"""Stores that may be encrypted, opened as they are: all tests have one key."""

from __future__ import annotations

from pathlib import Path

from kepthour.store.access import PLAIN, Access, Connection, Encrypted
from kepthour.store.engine import Store
from kepthour.store.sealing import Form, fits, form

DIGITS = "0123456789abcdef" * 4
KEY = Encrypted(lambda: DIGITS)


def access_of(path: Path) -> Access:
    """As the file was written, torn or not."""
    return KEY if form(path) is Form.ENCRYPTED or fits(path, KEY.key) else PLAIN


def connect(path: Path) -> Connection:
    """A connection to the store at `path`."""
    return access_of(path).connect(path)


def store_at(path: Path) -> Store:
    """The store at `path`, not opened yet."""
    return Store(path, access_of(path))
