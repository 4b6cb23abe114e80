"""All that is stored as one JSON document, written as it is read: docs/export.md tells its shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

from kepthour.store.dump import PARTS, Record, plain, records
from kepthour.store.engine import HEAD, Store

FORMAT = "kepthour-export"
FORMAT_VERSION = 1


def export(store: Store, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    """The document in pieces, of one consistent state of the store. `zone` is the therapist's; `now` is aware UTC.

    Raises TryLater, NeedsPerson.
    """
    with store.read() as tx:
        yield "{\n"
        for name, value in _head(zone, now).items():
            yield f"{_json(name)}: {_json(value)},\n"
        for count, part in enumerate(PARTS):
            yield f"{_json(part.name)}: ["
            yield from _lines(records(tx, part))
            yield "],\n" if count < len(PARTS) - 1 else "]\n"
        yield "}\n"


def _head(zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "exported_at": plain(now.astimezone(UTC)),
        "times": "UTC",
        "timezone": str(zone),
        "program_version": version("kepthour"),
        "store_version": HEAD,
    }


def _lines(found: Iterator[Record]) -> Iterator[str]:
    before = "\n"
    for record in found:
        yield before + _json(record)
        before = ",\n"
    if before != "\n":
        yield "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
