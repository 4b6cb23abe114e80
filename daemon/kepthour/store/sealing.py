"""What tells an encrypted store from a plain one, and whether a key is its own: by the bytes of its file alone.

SQLCipher encrypts page by page. Behind each page stands an authentication code, so one page that is whole proves the
key, whatever became of the others. The first 32 bytes of the file are left plain: they are SQLite's own, tell of no
client, and among them is how many bytes of each page are reserved, 80 where it is encrypted and none where it is not.
The salt, which SQLCipher keeps there otherwise, is made of the key: so a first page that is torn costs no other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

HEADER = 32  # bytes that are left plain
KEY_BYTES = 32
PAGE = 4096  # bytes; what SQLite and SQLCipher both make if nobody says otherwise

_MAGIC = b"SQLite format 3\0"
_RESERVED_AT, _RESERVED = 20, 80
_CODE = 64  # bytes at the end of a page
_ALL_BUT_A_FEW = 250  # of 256; of 4096 bytes at random one is missing once in eight thousand pages
_SALT_BYTES, _SALT_MASK, _ROUNDS = 16, 0x3A, 2  # as SQLCipher 4 makes the key of its codes


class Form(StrEnum):
    """What a file looks like from outside."""

    NOTHING = "nothing"  # it is not there, is empty, or cannot be read: whoever opens it is told
    PLAIN = "plain"
    ENCRYPTED = "encrypted"
    TORN = "torn"  # neither


def form(path: Path) -> Form:
    """By its header. Never raises."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER)
    except OSError:
        return Form.NOTHING
    if not header:
        return Form.NOTHING
    if len(header) < HEADER or not header.startswith(_MAGIC):
        return Form.TORN
    return Form.ENCRYPTED if header[_RESERVED_AT] == _RESERVED else Form.PLAIN


def salt(key: bytes) -> bytes:
    """The same for all files with this key: a salt sets files with one password apart, and this is none."""
    return hashlib.sha256(b"kepthour store" + key).digest()[:_SALT_BYTES]


def fits(path: Path, key: bytes) -> bool:
    """Whether some page was sealed with `key`. Never raises."""
    masked = bytes(byte ^ _SALT_MASK for byte in salt(key))
    of_codes = hashlib.pbkdf2_hmac("sha512", key, masked, _ROUNDS, KEY_BYTES)
    try:
        return any(_is_sealed(page, number, of_codes) for number, page in enumerate(_pages(path), 1))
    except OSError:
        return False


def may_be_sealed(path: Path) -> bool:
    """Whether some page looks as encrypted ones do. Some of a plain store do, too. Never raises."""
    try:
        return any(_looks_random(page) for page in _pages(path))
    except FileNotFoundError:
        return False
    except OSError:
        return True


def looks_sealed(path: Path) -> bool:
    """Whether most pages behind the first look as encrypted ones do. Never raises."""
    try:
        found = [_looks_random(page) for page in _pages(path)][1:]
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return 2 * sum(found) > len(found)


def _pages(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while len(page := file.read(PAGE)) == PAGE:
            yield page


def _looks_random(page: bytes) -> bool:
    """Nearly every byte there is stands in it."""
    return len(set(page)) >= _ALL_BUT_A_FEW


def _is_sealed(page: bytes, number: int, key: bytes) -> bool:
    body = page[HEADER if number == 1 else 0 : -_CODE] + number.to_bytes(4, "little")
    return hmac.compare_digest(hmac.digest(key, body, "sha512"), page[-_CODE:])
