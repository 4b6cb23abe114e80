"""A new key of a store is kept, whole, before anything is encrypted with it; one that is there stays."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from kepthour.core.errors import NeedsPerson
from kepthour.runtime import store_key
from kepthour.runtime.store_key import made
from kepthour_connectors.secrets import Secret
from tests.support.sealed import DIGITS

WHERE = Secret(keyring="kepthour-store")


class Backend(KeyringBackend):
    """Says of each call in turn what goes wrong with it."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.faults: list[Exception] = []  # of the next calls that read
        self.full: Exception | None = None
        self.unlocked = threading.Event()
        self.unlocked.set()

    def get_password(self, service: str, username: str) -> str | None:
        self.unlocked.wait()
        if self.faults:
            raise self.faults.pop(0)
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.full is not None:
            raise self.full
        self.kept[service, username] = password


@pytest.fixture
def backend() -> Iterator[Backend]:
    before = keyring.get_keyring()
    backend = Backend()
    keyring.set_keyring(backend)
    yield backend
    for asking in (one for one in threading.enumerate() if one.name == "key of the store"):
        asking.join(20)  # who was not waited for goes on, and would ask the next test's keyring
    keyring.set_keyring(before)


def test_a_new_key_is_kept_in_the_keyring(backend: Backend) -> None:
    assert made(WHERE).key.hex() == backend.kept["kepthour-store", "kepthour"]


def test_a_key_in_a_keyring_that_was_locked_a_moment_ago_stays(backend: Backend) -> None:
    backend.kept["kepthour-store", "kepthour"] = DIGITS
    backend.faults = [KeyringLocked("locked")]
    assert made(WHERE).key.hex() == DIGITS
    assert list(backend.kept.values()) == [DIGITS]


def test_any_fault_of_a_keyring_is_one_sentence(backend: Backend) -> None:
    backend.full = RuntimeError("the bus went away")
    with pytest.raises(NeedsPerson, match="RuntimeError.*--key-file") as raised:
        made(WHERE)
    assert "the bus" not in str(raised.value)


def test_a_keyring_that_waits_for_its_owner_is_waited_for_and_not_for_ever(backend: Backend) -> None:
    backend.unlocked.clear()
    with pytest.raises(NeedsPerson, match="no answer within 0 seconds; it may be locked.*Unlock it"):
        made(WHERE, seconds=0.0)
    assert not backend.kept
    backend.unlocked.set()


def test_one_that_cannot_even_be_read_is_not_written_to(backend: Backend) -> None:
    backend.faults = [RuntimeError("the bus went away")] * 9
    with pytest.raises(NeedsPerson, match="RuntimeError"):
        made(WHERE)
    assert not backend.kept


def test_a_key_file_and_its_name_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(store_key, "to_disk", synced.append)
    file = tmp_path / "keys" / "store"
    assert made(Secret(file=file)).key.hex() == file.read_text().strip()
    assert synced == [file.parent]


def test_no_half_a_key_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NeedsPerson, match="No space left"):
        made(Secret(file=tmp_path / "key"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_key_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    with pytest.raises(NeedsPerson, match="exists"):
        made(Secret(file=file))
    assert file.read_bytes() == b""
