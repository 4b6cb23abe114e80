"""An encrypted store: nothing of it can be read without the key, and it is never taken for a damaged one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from kepthour.core.errors import BrokenPromise, TryLater
from kepthour.store import access, backups, conversion
from kepthour.store.access import PLAIN, Encrypted, KeyUnavailable, Refused, Unusable, WrongKey
from kepthour.store.conversion import convert
from kepthour.store.engine import Damaged, Store, open_store
from kepthour.store.rescue import begin_anew, in_memory
from kepthour.store.sealing import HEADER, PAGE, Form, form
from tests.support.killed import gets_through
from tests.support.sealed import DIGITS, KEY, connect

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MARK = "a-marker-word"
OTHER = Encrypted(lambda: "f" * 64)


def put(store: Store, name: str = MARK) -> None:
    with store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE therapists SET name = ?", (name,))


def name(store: Store) -> Any:
    with store.read() as tx:
        return tx.connection.exec_driver_sql("SELECT name FROM therapists").scalar()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An encrypted store that holds the word."""
    path = tmp_path / "state" / "kepthour.db"
    store = open_store(path, KEY)
    put(store)
    store.close()
    return path


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A plain one that does."""
    path = tmp_path / "plain" / "kepthour.db"
    store = open_store(path)
    put(store)
    store.close()
    return path


def in_the_folder(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.rglob("*") if one.is_file())


def test_no_word_stands_in_file_journal_or_memory_map_while_it_is_open_or_after(path: Path) -> None:
    store = open_store(path, KEY)
    put(store, f"{MARK} of now")
    assert path.with_name("kepthour.db-wal").stat().st_size > PAGE
    assert MARK.encode() not in in_the_folder(path)
    assert name(store) == f"{MARK} of now"
    store.close()
    assert MARK.encode() not in in_the_folder(path)


def test_but_for_the_header_every_byte_looks_random(path: Path) -> None:
    content = path.read_bytes()
    assert len(content) > 10 * PAGE
    assert all(len(set(content[at : at + PAGE])) > 250 for at in range(HEADER, len(content) - PAGE, PAGE))


def test_what_is_sorted_is_sorted_in_memory(path: Path) -> None:
    with closing(KEY.connect(path)) as connection:
        assert connection.execute("PRAGMA temp_store").fetchone() == (2,)


def test_the_pragmas_of_a_plain_store_hold(path: Path) -> None:
    store = open_store(path, KEY)
    with store.read() as tx:
        for pragma, wanted in (
            ("foreign_keys", 1),
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("secure_delete", 1),
        ):
            assert tx.connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == wanted
    store.close()


def tear(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"x" * PAGE)


REFUSED: dict[str, tuple[Callable[[Path], object], access.Access, type[Exception], str]] = {
    "no key": (lambda _path: None, PLAIN, Refused, r"is encrypted.*\[store\] key"),
    "another key": (lambda _path: None, OTHER, WrongKey, r"cannot be read with the key.*\[store\] key"),
    "another key, and torn": (tear, OTHER, WrongKey, "cannot be read with the key"),
    "its key, and torn": (tear, KEY, Damaged, "is damaged"),
    "no key, and torn": (tear, PLAIN, Refused, r"may be encrypted.*\[store\] key"),
    "no key in its place": (
        lambda _path: None,
        Encrypted(lambda: "secret"),
        Refused,
        "64 hexadecimal digits",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_opened_says_why_and_is_left_alone(case: str, path: Path) -> None:
    harm, how, error, said = REFUSED[case]
    harm(path)
    before = path.read_bytes()
    with pytest.raises(error, match=said) as raised:
        Store(path, how).open()
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["kepthour.db"]
    assert "secret" not in str(raised.value) and "ffff" not in str(raised.value)


@pytest.mark.parametrize("case", [case for case in REFUSED if REFUSED[case][2] is not Damaged])
def test_what_is_not_damaged_is_never_begun_anew(case: str, path: Path) -> None:
    harm, how, _error, _said = REFUSED[case]
    harm(path)
    before = path.read_bytes()
    with pytest.raises(Refused):
        begin_anew(Store(path, how), NOW)
    with pytest.raises(Refused), in_memory(Store(path, how)):
        pass
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == {"kepthour.db": before}


def test_a_key_that_changed_under_an_open_store_damages_nothing(path: Path) -> None:
    store = open_store(path, KEY)
    name(store)
    other = path.with_name("other.db")
    open_store(other, OTHER).close()
    shutil.copyfile(other, path)
    with pytest.raises(Refused):
        store.check()
    store.close()


def test_a_plain_store_and_a_key_do_not_go_together(plain: Path) -> None:
    with pytest.raises(Refused, match="is not encrypted.*kepthour store encrypt"):
        Store(plain, KEY).open()
    with pytest.raises(Refused):
        begin_anew(Store(plain, KEY), NOW)


def test_a_plain_store_with_noise_in_its_first_page_is_begun_anew(plain: Path) -> None:
    with plain.open("r+b") as file:
        file.write(bytes(range(256)) * (PAGE // 256))
    begin_anew(Store(plain), NOW)
    open_store(plain).close()


@pytest.mark.parametrize("content", [b"", b"x", b"nonsense " * 999, bytes(2 * PAGE)])
def test_what_cannot_hold_anything_is_begun_anew(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    begin_anew(Store(path, KEY), NOW)
    assert form(path) is Form.ENCRYPTED
    store = open_store(path, KEY)
    store.check()
    store.close()


def test_what_is_read_in_memory_is_encrypted_there_too(path: Path) -> None:
    tear(path)
    with in_memory(Store(path, KEY)) as copy:
        assert name(copy) == MARK
        assert MARK.encode() not in in_the_folder(copy.path)


def test_the_key_is_asked_once_and_one_that_is_not_to_be_had_not_every_second(path: Path) -> None:
    asked, at, locked = [], [100.0], [True]

    def ask() -> str:
        asked.append(at[0])
        if locked[0]:
            raise KeyUnavailable("locked", "unlock it")
        return DIGITS

    store = Store(path, Encrypted(ask, lambda: at[0]))
    for at[0] in (100.0, 101.0, 129.0):
        with pytest.raises(KeyUnavailable, match="locked"):
            store.open()
    locked[0] = False
    with pytest.raises(KeyUnavailable):
        store.open()
    at[0] = 130.0
    assert name(store) == MARK
    with closing(store.access.connect(path)):
        pass
    assert asked == [100.0, 130.0]
    store.close()


# From plain to encrypted, and back


def test_a_store_is_encrypted_and_comes_back_with_every_row(plain: Path) -> None:
    with closing(connect(plain)) as connection:
        before = list(connection.iterdump())
    convert(plain, PLAIN, KEY, NOW)
    assert form(plain) is Form.ENCRYPTED
    assert [one.name for one in plain.parent.iterdir()] == ["kepthour.db"]
    assert MARK.encode() not in plain.read_bytes()
    assert plain.stat().st_mode & 0o777 == 0o600
    store = open_store(plain, KEY)
    assert name(store) == MARK
    store.close()
    convert(plain, KEY, PLAIN, NOW)
    assert form(plain) is Form.PLAIN
    with closing(connect(plain)) as connection:
        assert list(connection.iterdump()) == before


def test_what_stood_in_the_plain_file_is_overwritten(plain: Path) -> None:
    with plain.open("rb") as held:
        assert MARK.encode() in held.read()
        convert(plain, PLAIN, KEY, NOW)
        held.seek(0)
        left = held.read()
    assert len(left) > 10 * PAGE and MARK.encode() not in left and not left.startswith(b"SQLite")


def test_what_stood_in_the_journal_that_a_crash_left_is_overwritten(plain: Path, tmp_path: Path) -> None:
    journal = plain.with_name("kepthour.db-wal")
    store = open_store(plain)
    put(store, f"{MARK} of now")
    shutil.copytree(plain.parent, tmp_path / "crashed")
    store.close()
    shutil.rmtree(plain.parent)
    (tmp_path / "crashed").rename(plain.parent)
    with journal.open("rb") as held:
        assert MARK.encode() in held.read()
        convert(plain, PLAIN, KEY, NOW)
        assert not journal.exists()
        held.seek(0)
        left = held.read()
    assert len(left) > PAGE and MARK.encode() not in left
    store = open_store(plain, KEY)
    assert name(store) == f"{MARK} of now"
    store.close()


def test_what_a_crash_left_of_a_plain_copy_goes_too(plain: Path) -> None:
    folder = plain.parent / "kepthour.db.rescue-abc_12"
    folder.mkdir()
    for half in (
        folder / "kepthour.db",
        plain.with_name("kepthour.db.new"),
        plain.with_name("kepthour.db.new-wal"),
    ):
        half.write_text(MARK)
    convert(plain, PLAIN, KEY, NOW)
    assert [one.name for one in plain.parent.iterdir()] == ["kepthour.db"]


def test_a_damaged_store_is_not_converted(plain: Path) -> None:
    with plain.open("r+b") as file:
        file.seek(3 * PAGE)
        file.write(b"\xa5" * PAGE)
    before = plain.read_bytes()
    with pytest.raises(Damaged):
        convert(plain, PLAIN, KEY, NOW)
    assert plain.read_bytes() == before


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(28, "no space left"), Unusable),
        (BrokenPromise("not whole"), BrokenPromise),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["disk full", "not whole", "Ctrl-C"],
)
@pytest.mark.parametrize("full", [False, True], ids=["overwritten", "not overwritten"])
def test_what_fails_leaves_no_plain_copy_beside_the_encrypted_store(
    error: BaseException,
    raised: type[BaseException],
    full: bool,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(made: Path) -> None:
        assert MARK.encode() in made.read_bytes()
        raise error

    def no_room(_handle: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(conversion, "to_disk", fail)
    if full:
        monkeypatch.setattr(conversion, "_overwrite", no_room)
    with pytest.raises(raised):
        convert(path, KEY, PLAIN, NOW)
    assert [one.name for one in path.parent.iterdir()] == ["kepthour.db"]
    store = open_store(path, KEY)
    assert name(store) == MARK
    store.close()


def test_a_store_that_somebody_has_open_is_not_converted(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BUSY_SECONDS", 0.1)
    reader = open_store(plain)
    name(reader)
    with pytest.raises(TryLater):
        convert(plain, PLAIN, KEY, NOW)
    reader.close()
    assert form(plain) is Form.PLAIN
    convert(plain, PLAIN, KEY, NOW)


_WAITS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
print("opened", flush=True)
sys.stdin.readline()
try:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE sneaked_in (word)")
except sqlite3.DatabaseError as error:
    print(error.sqlite_errorname, flush=True)
"""


def test_who_waits_for_the_plain_store_meanwhile_finds_none_and_writes_nothing_beside_the_new_one(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[subprocess.Popen[str]] = []
    filled = conversion._fill

    def meanwhile(*args: Any) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", _WAITS, str(plain)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        waiting.append(process)
        assert process.stdout is not None and process.stdout.readline() == "opened\n"
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        filled(*args)

    monkeypatch.setattr(conversion, "_fill", meanwhile)
    convert(plain, PLAIN, KEY, NOW)
    (process,) = waiting
    said, _ = process.communicate(timeout=60)
    assert said == "SQLITE_NOTADB\n"
    assert [one.name for one in plain.parent.iterdir()] == ["kepthour.db"]
    store = open_store(plain, KEY)
    store.check()
    assert name(store) == MARK
    store.close()


@pytest.mark.parametrize(("old", "new"), [(PLAIN, KEY), (KEY, PLAIN)], ids=["encrypt", "decrypt"])
def test_killed_at_any_line_the_old_or_the_new_store_is_there_whole(
    old: access.Access, new: access.Access, plain: Path, path: Path, tmp_path: Path
) -> None:
    source = path if old is KEY else plain
    content, seen = source.read_bytes(), set()
    place = tmp_path / "killed" / "kepthour.db"
    for line in range(1, 500):
        shutil.rmtree(place.parent, ignore_errors=True)
        place.parent.mkdir()
        place.write_bytes(content)
        finished = _converted_and_killed_at(line, place, old, new)
        left = form(place)
        seen.add(left)
        store = open_store(place, KEY if left is Form.ENCRYPTED else PLAIN)
        store.check()
        assert name(store) == MARK, f"killed at line {line}"
        store.close()
        if finished:
            break
    assert finished and seen == {Form.PLAIN, Form.ENCRYPTED}


def _converted_and_killed_at(line: int, path: Path, old: access.Access, new: access.Access) -> bool:
    """In a process that dies at the n-th line of what converts; loops over rows and tables count once."""

    def conversion_by_line(one_step: Callable[..., None]) -> None:
        passed: set[tuple[str, int]] = set()

        def trace(frame: FrameType, event: str, _arg: Any) -> Any:
            if frame.f_code.co_filename != conversion.__file__:
                return None
            place = frame.f_code.co_name, frame.f_lineno
            if event == "line" and place not in passed:
                passed.add(place)
                one_step()
            return trace

        sys.settrace(trace)
        convert(path, old, new, NOW)

    return gets_through(line, conversion_by_line)


def test_a_copy_of_before_an_update_is_encrypted_as_the_store_is(path: Path) -> None:
    backups.make(path, KEY, "9999")
    (copy,) = backups.all_of(path)
    assert form(copy) is Form.ENCRYPTED and MARK.encode() not in copy.read_bytes()
    store = Store(copy, KEY)
    assert name(store) == MARK
    store.close()
