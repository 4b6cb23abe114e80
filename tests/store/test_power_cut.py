"""A power cut leaves any beginning of the journal: the store opens, and holds the first transactions, whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour.core.ladder import Urgency
from kepthour.store import planning, reminders, watches
from kepthour.store.access import PLAIN
from kepthour.store.engine import Store, open_store
from tests.support.sealed import KEY, connect, store_at

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TRANSACTIONS = 6
# bytes of the journal; https://sqlite.org/fileformat2.html#walformat
HEADER, FRAME_HEADER, PAGE = (
    32,
    24,
    4096,
)
FRAME = FRAME_HEADER + PAGE


@pytest.fixture(scope="module", params=[PLAIN, KEY], ids=["plain", "encrypted"])
def journal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as a power cut finds it: some transactions stand in its journal only."""
    folder = tmp_path_factory.mktemp("running")
    store = open_store(folder / "kepthour.db", request.param)
    with closing(connect(store.path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for number in range(1, TRANSACTIONS + 1):
            commit(store, number)
        left = tmp_path_factory.mktemp("left") / "kepthour.db"
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{store.path}{suffix}", f"{left}{suffix}")
    store.close()
    return left


def commit(store: Store, number: int) -> None:
    """Many rows in several tables: half of it would be told by their counts."""
    with store.write() as tx:
        watches.beat(tx, NOW + timedelta(hours=number), number, "v", timedelta())
        for one in range(20):
            useful = NOW + timedelta(days=1)
            channels = [f"channel-{number}"]
            planning.announce(tx, f"{number}:{one}", None, 1, "x", channels, Urgency.PASSIVE, NOW, useful)


def held(path: Path) -> int:
    """How many transactions the store holds. Fails if it is not whole, or holds a part of one, or leaves one out."""
    store = store_at(path)
    store.check()
    with store.read() as tx:
        began = [watch.pid for watch in watches.around(tx, NOW, NOW + timedelta(days=2))]
        rows = [one.subject for one in reminders.everything(tx)]
    store.close()
    assert began == list(range(1, len(began) + 1))
    assert sorted(rows) == sorted(f"{number}:{one}" for number in began for one in range(20))
    return len(began)


def ends_of_transactions(journal: bytes) -> list[int]:
    """Up to which byte the journal has to be there for each commit: its frame says how large the file is then."""
    return [at + FRAME for at in frames(journal) if int.from_bytes(journal[at + 4 : at + 8])]


def frames(journal: bytes) -> list[int]:
    return list(range(HEADER, len(journal), FRAME))


def cuts(journal: bytes) -> Iterator[int]:
    """Within the journal's header; and of each frame: before it, in its header, in its page, and a byte too short."""
    yield from (0, 1, HEADER - 1)
    for at in frames(journal):
        yield from (at, at + 8, at + FRAME_HEADER, at + FRAME_HEADER + PAGE // 2, at + FRAME - 1)
    yield len(journal)


def test_wherever_the_journal_is_cut_what_was_committed_before_is_there_and_nothing_else(
    journal: Path, tmp_path: Path
) -> None:
    content = Path(f"{journal}-wal").read_bytes()
    ends = ends_of_transactions(content)
    assert len(ends) == TRANSACTIONS and ends[-1] == len(content)
    path = tmp_path / "kepthour.db"
    for cut in cuts(content):
        laid(path, journal, content[:cut])
        assert held(path) == sum(end <= cut for end in ends), f"cut at byte {cut}"


def test_a_disk_that_lied_about_an_earlier_page_costs_that_transaction_and_all_after_it(
    journal: Path, tmp_path: Path
) -> None:
    """It said "written", and wrote later frames before earlier ones: a sector of something else stands between."""
    content = Path(f"{journal}-wal").read_bytes()
    ends = ends_of_transactions(content)
    path = tmp_path / "kepthour.db"
    for at in frames(content):
        for sector in (at, at + FRAME_HEADER + 512):
            laid(path, journal, content[:sector] + b"\xa5" * 512 + content[sector + 512 :])
            assert held(path) == sum(end <= sector for end in ends), f"torn at byte {sector}"


def laid(path: Path, main: Path, journal: bytes) -> None:
    Path(f"{path}-shm").unlink(missing_ok=True)
    shutil.copyfile(main, path)
    Path(f"{path}-wal").write_bytes(journal)
