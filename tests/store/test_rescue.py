"""A damaged store: whatever is torn, the new one opens, is whole, and holds what could be read and understood."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.store.access import PLAIN, Unusable
from kepthour.store.conversion import convert
from kepthour.store.engine import Damaged
from kepthour.store.rescue import begin_anew, finish, in_memory
from kepthour.store.sealing import HEADER
from tests.support.day import Day, when
from tests.support.sealed import KEY, access_of, connect, store_at

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
SAVED = (
    "therapists", "sessions", "reminders", "responses", "evidence", "spells", "verdicts", "cards", "card_steps",
    "watches",
)  # fmt: skip
_SESSIONS = 30


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a row in every table, and enough sessions and reminders for trees of several pages."""
    folder = tmp_path_factory.mktemp("original")
    day = Day(folder, "2026-03-02 08:00")
    for number in range(_SESSIONS):
        day.put(f"s{number}", f"2026-03-{2 + number % 8:02}T{9 + number // 8 * 2:02}:00:00")
    day.sync()
    with day.app.store.read() as tx:
        ids = [row[0] for row in tx.connection.exec_driver_sql("SELECT id FROM sessions ORDER BY start")]
    day.clock.at = when("2026-03-10 08:00")
    for one in ids[:9]:
        day.app.settle(one, Verdict.MISSED, None)
    day.clock.at = when("2026-03-02 08:00")
    for one in ids[9:]:
        day.answer(Kind.ACK, session=one)
    with day.app.store.write() as tx:
        tx.connection.exec_driver_sql(
            "INSERT INTO evidence (therapist_id, session_id, revision, source, state, asked_at)"
            f" SELECT 1, id, 1, 'room', 'not_seen', {NOW.timestamp():.0f}000000 FROM sessions"
        )
        tx.connection.exec_driver_sql(
            "INSERT INTO spells (therapist_id, source, sign, since, until) VALUES (1, 'call', 'in_a_call', 1, 2)"
        )
        tx.connection.exec_driver_sql(
            "INSERT INTO watches (therapist_id, since, until, pid, version) VALUES (1, 1, 2, 3, 'v')"
        )
    day.app.store.close()
    assert all(count > 0 for count in rows(day.store_path).values())
    return day.store_path


@pytest.fixture(scope="module", params=["plain", "encrypted"])
def original(plain: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That one, and the same encrypted."""
    if request.param == "plain":
        return plain
    copy = tmp_path_factory.mktemp("encrypted") / "kepthour.db"
    shutil.copyfile(plain, copy)
    convert(copy, PLAIN, KEY, NOW)
    return copy


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "state" / "kepthour.db"
    copy.parent.mkdir()
    shutil.copyfile(original, copy)
    return copy


def rows(store: Path) -> dict[str, int]:
    with closing(connect(store)) as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in SAVED}


def root(store: Path, table: str) -> int:
    """The number of the page at which a table begins."""
    with closing(connect(store)) as connection:
        found: int = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()[0]
        return found


def unreadable(store: Path) -> set[str]:
    """The tables that cannot be read to their end; none, if it is the schema that is torn."""
    found = set()
    access = access_of(store)
    for name in SAVED:
        with closing(connect(store)) as connection:  # one that met a torn page may read no other
            try:
                connection.execute(f"SELECT * FROM {name} NOT INDEXED").fetchall()
            except access.faults:
                found.add(name)
    return found if len(found) < len(SAVED) else set()


def tear(path: Path, at: int, what: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(what)


def whole(path: Path) -> None:
    with closing(connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_each_page_zeroed_in_turn_costs_the_rows_on_it_and_no_others(original: Path, tmp_path: Path) -> None:
    before = rows(original)
    path = tmp_path / "kepthour.db"
    content = original.read_bytes()
    size = 4096
    for page in range(1, len(content) // size + 1):
        path.write_bytes(content)
        tear(path, (page - 1) * size, bytes(size))
        torn = unreadable(path)
        begin_anew(store_at(path), NOW)
        whole(path)
        kept = rows(path)
        for name in SAVED:
            if name not in torn and not (name == "card_steps" and "cards" in torn):
                assert kept[name] >= before[name], f"{name}, page {page} of {torn}"
        store_at(path).close()
        for aside in path.parent.glob("kepthour.db.damaged-*"):
            aside.unlink()


def test_a_torn_leaf_costs_its_own_rows_only(plain: Path, tmp_path: Path) -> None:
    """The leaves before and after it are read, and so is one between two torn ones."""
    path = tmp_path / "kepthour.db"
    shutil.copyfile(plain, path)
    leaves = _leaves(plain, "reminders")
    assert len(leaves) >= 5, "more sessions are needed"
    for page in (leaves[1], leaves[3]):
        tear(path, (page - 1) * 4096, bytes(4096))
    begin_anew(store_at(path), NOW)
    with closing(connect(plain)) as there, closing(connect(path)) as here:
        lost = {one for (one,) in there.execute("SELECT id FROM reminders")} - {
            one for (one,) in here.execute("SELECT id FROM reminders")
        }
    assert 0 < len(lost) <= rows(plain)["reminders"] * 2 // (len(leaves) - 1)


def _leaves(store: Path, table: str) -> list[int]:
    with closing(connect(store)) as connection:
        found = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", (table,)
        )
        return [page for (page,) in found]


DAMAGES = {
    "the header overwritten": lambda path: tear(path, 0, b"x" * 100),
    "the first page overwritten": lambda path: tear(path, 0, b"x" * 4096),
    "the magic word overwritten": lambda path: tear(path, 0, b"nonsense"),
    "the count of pages too high": lambda path: tear(path, 28, b"\x00\xff\xff\xff"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_without_its_header_everything_is_saved(damage: str, original: Path, path: Path) -> None:
    DAMAGES[damage](path)
    begin_anew(store_at(path), NOW)
    whole(path)
    assert rows(path) == rows(original)


def test_without_its_header_a_store_whose_pages_lie_elsewhere_is_saved_too(
    original: Path, path: Path
) -> None:
    """One that came from an older version, or was compacted: its own schema is better than any other's."""
    with closing(connect(path)) as connection:
        connection.isolation_level = None
        connection.execute("DELETE FROM occurrences")
        connection.execute("DELETE FROM resources")
        connection.execute("VACUUM")
    assert root(path, "responses") != root(original, "responses")
    tear(path, 0, b"x" * (HEADER if access_of(original).encrypted else 100))  # no part of a page is decrypted
    begin_anew(store_at(path), NOW)
    whole(path)
    assert rows(path) == rows(original)


@pytest.mark.parametrize("left", [0, 1, 50, 4096, 4096 * 10 + 7, 4096 * 30])
def test_a_file_cut_short_gives_what_is_left_of_it(left: int, path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(left)
    begin_anew(store_at(path), NOW)
    whole(path)
    store_at(path).close()


@pytest.mark.parametrize(
    "content", [b"", b"nonsense " * 999, bytes(8192), b"SQLite format 3\0" + b"\xff" * 9000]
)
def test_what_never_was_a_store_gives_an_empty_one(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    rescued = begin_anew(store_at(path), NOW)
    whole(path)
    assert rescued.answers == 0
    assert rescued.aside is not None and rescued.aside.read_bytes() == content


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("reminders", "state", "'pendinh'"),
        ("reminders", "urgency", "x'ff'"),
        ("reminders", "due_at", "'tomorrow'"),
        ("responses", "kind", "'hera'"),
        ("sessions", "verdict", "'misled'"),
        ("sessions", "start", "1.5"),
    ],
)
def test_a_value_that_nobody_understands_stays_behind(
    table: str, column: str, value: str, path: Path
) -> None:
    with closing(connect(path)) as connection, connection:
        connection.execute(f"UPDATE {table} SET {column} = {value} WHERE rowid = 3")
    before = rows(path)
    begin_anew(store_at(path), NOW)
    whole(path)
    after = rows(path)
    if table == "sessions":  # what was answered and sent outlives it
        assert after == before
    else:
        assert after == before | {table: before[table] - 1}


def test_a_session_that_is_lost_keeps_its_start_its_answers_and_what_was_sent(path: Path) -> None:
    with closing(connect(path)) as connection, connection:
        before = connection.execute("SELECT id, start, revision FROM sessions ORDER BY id").fetchall()
        connection.execute("DELETE FROM sessions")
    counts = rows(path)
    begin_anew(store_at(path), NOW)
    whole(path)
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT id, start, revision FROM sessions ORDER BY id").fetchall() == before
        settled = connection.execute(
            "SELECT count(*) FROM sessions WHERE verdict = 'missed' AND decided_by = 'therapist'"
        )
        assert settled.fetchone() == (9,)
    assert rows(path) == counts | {"sessions": len(before)}


def test_what_stands_in_the_journal_only_is_saved(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        with connection:
            connection.execute(
                "INSERT INTO watches (therapist_id, since, until, pid, version) VALUES (1, 7, 8, 9, 'w')"
            )
        # As a process that is killed leaves it: with its journal.
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", path.parent / f"left.db{suffix}")
    left = path.parent / "left.db"
    tear(left, 0, bytes(100))
    begin_anew(store_at(left), NOW)
    with closing(connect(left)) as connection:
        assert connection.execute("SELECT pid FROM watches ORDER BY pid DESC").fetchone() == (9,)


def test_a_store_that_was_deleted_is_saved_from_what_is_still_open(original: Path, path: Path) -> None:
    store = store_at(path)
    store.open()
    for file in path.parent.iterdir():
        file.unlink()
    with pytest.raises(Damaged), store.read():
        pass
    rescued = begin_anew(store, NOW)
    store.reopen()
    whole(path)
    assert rows(path) == rows(original)
    assert rescued.aside is None
    with store.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM watches")
    store.close()


def test_where_there_is_no_room_the_old_one_stays_and_it_may_be_tried_again(
    original: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tear(path, 4096, bytes(4096))
    before = path.read_bytes()

    def full(*_args: object) -> None:
        raise access_of(path).driver.OperationalError("database or disk is full")

    with monkeypatch.context() as there, pytest.raises(Unusable):
        there.setattr("kepthour.store.rescue.save", full)
        begin_anew(store_at(path), NOW)
    assert path.read_bytes() == before
    begin_anew(store_at(path), NOW)
    whole(path)


@pytest.mark.parametrize("step", range(1, 7))
def test_a_crash_while_it_takes_its_place_is_made_good_at_the_next_start(
    step: int, original: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at each of its steps: with the old store's journal gone, that would open, and know less than it did."""
    path.with_name("kepthour.db-wal").write_bytes(b"")
    path.with_name("kepthour.db-shm").write_bytes(b"")
    tear(path, 28, b"\x00\xff\xff\xff")
    left = step

    def killed(name: str) -> None:
        done = getattr(Path, name)

        def until(*args: object) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
            return done(*args)

        monkeypatch.setattr(Path, name, until)

    for name in ("hardlink_to", "rename", "replace"):
        killed(name)
    try:
        begin_anew(store_at(path), NOW)
        assert step > 5, "every step was gone through"
    except KeyboardInterrupt:
        monkeypatch.undo()
        finish(path, NOW + timedelta(minutes=1))
        if step == 1:  # nothing had been begun yet
            begin_anew(store_at(path), NOW)
    whole(path)
    assert rows(path) == rows(original)
    assert not path.with_name("kepthour.db.ready").exists()
    assert not path.with_name("kepthour.db-wal").exists()


def test_what_can_be_read_is_read_from_a_copy_in_memory(original: Path, path: Path) -> None:
    tear(path, 0, bytes(100))
    with in_memory(store_at(path)) as copy:
        assert rows(copy.path) == rows(original)
        assert not copy.path.is_relative_to(path.parent)
    assert not copy.path.exists()
    assert [file.name for file in path.parent.iterdir()] == ["kepthour.db"]
