"""Every column of every table is handed out, or withheld with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import JSON, Boolean, Integer, Table, insert

from kepthour.core.privacy import Phi
from kepthour.core.trail import What
from kepthour.store.dump import PARTS, WITHHELD, Part, exported
from kepthour.store.engine import Store, open_store
from kepthour.store.tables import metadata
from kepthour.store.types import Instant, PhiText, Span
from kepthour.views.export import export
from tests.support.sealed import KEY
from tests.support.stores import opened

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
COLUMNS = {
    f"{table.name}.{column.name}": column for table in metadata.sorted_tables for column in table.columns
}
NUMBER = {name: number for number, name in enumerate(COLUMNS, start=1)}
ALL_PARTS: list[Part] = [*PARTS, *(part.steps for part in PARTS if part.steps is not None)]


def marked(name: str) -> Any:
    """A value for this column that no other column has; keys apart, which have to fit."""
    column = COLUMNS[name]
    if column.foreign_keys or (column.primary_key and isinstance(column.type, Integer)):
        return "sessions.id" if "session" in column.name else 1
    kinds: list[tuple[type, Any]] = [
        (Instant, NOW + timedelta(days=NUMBER[name])),
        (Span, timedelta(seconds=NUMBER[name])),
        (PhiText, Phi(name)),
        (JSON, [name]),
        (Boolean, True),
        (Integer, 1000 + NUMBER[name]),
    ]
    return next((value for kind, value in kinds if isinstance(column.type, kind)), name)


def plain(value: Any) -> Any:
    """The value as the documentation of the export has it."""
    match value:
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%S}Z"
        case timedelta():
            return value.total_seconds()
        case Phi():
            return value.reveal()
    return value


@pytest.fixture(params=["plain", "encrypted"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """One row in each table, and a question beside the reminder."""
    path = tmp_path / "kepthour.db"
    made = opened(path) if request.param == "plain" else open_store(path, KEY)
    with made.write() as tx:
        tx.connection.execute(metadata.tables["therapists"].delete())
        for table in metadata.sorted_tables:
            tx.connection.execute(insert(table).values(row_of(table)))
        question = row_of(metadata.tables["reminders"]) | {"id": 2, "rung": "question"}
        tx.connection.execute(insert(metadata.tables["reminders"]).values(question))
    return made


def row_of(table: Table) -> dict[str, Any]:
    return {column.name: marked(f"{table.name}.{column.name}") for column in table.columns}


def document(store: Store) -> str:
    return "".join(export(store, ZoneInfo("Europe/Berlin"), NOW))


def found(told: dict[str, Any], part: Part) -> dict[str, Any]:
    (record,) = told["cards"][0]["steps"] if part.name == "steps" else told[part.name]
    return dict(record)


def test_each_table_is_a_part() -> None:
    assert {part.table.name for part in ALL_PARTS} == set(metadata.tables)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_in_the_document_or_is_withheld(store: Store, name: str) -> None:
    told, column = document(store), COLUMNS[name]
    if name in WITHHELD:
        assert name not in told
        return
    parts = [part for part in ALL_PARTS if part.table is column.table]
    for part in parts:
        value = found(json.loads(told), part)[exported(part)[column.name]]
        own = {("questions", "rung"): "question", ("questions", "id"): 2}
        assert value == own.get((part.name, column.name), plain(marked(name)))


def test_what_is_withheld_exists_and_has_a_reason() -> None:
    assert set(WITHHELD) <= set(COLUMNS)
    assert all(len(reason.split()) > 4 for reason in WITHHELD.values())


@pytest.mark.parametrize("part", ALL_PARTS, ids=lambda part: part.name)
def test_every_field_is_documented_so_that_a_new_one_is_a_decision(part: Part) -> None:
    assert documented(part.name, "field") == {*exported(part).values(), *({"steps"} if part.steps else ())}


def test_every_kind_of_change_is_documented() -> None:
    assert documented("changes", "`what`") == {what.value for what in What}


def documented(section: str, heading: str) -> set[str]:
    """The words in the first column of the table under a heading of a section of docs/export.md."""
    text = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    table = text.split(f"\n### `{section}`")[1].split(f"\n\n| {heading} |")[1].split("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {word for row in rows for word in row.split("`")[1::2]}


def test_the_order_is_always_the_same(store: Store) -> None:
    assert document(store) == document(store)
    assert list(json.loads(document(store)))[-len(PARTS) :] == [part.name for part in PARTS]


def test_nothing_of_another_therapist_is_in_it(store: Store) -> None:
    with store.write() as tx:
        tx.connection.execute(insert(metadata.tables["therapists"]).values(id=2, name="somebody else"))
        watch = row_of(metadata.tables["watches"]) | {"id": 2, "therapist_id": 2}
        tx.connection.execute(insert(metadata.tables["watches"]).values(watch))
    told = json.loads(document(store))
    assert (len(told["watches"]), len(told["therapists"])) == (1, 1)
