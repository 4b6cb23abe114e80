"""The record of the last heartbeat: a file beside the database, since it is kept when that one is busy, too."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from kepthour.core.heartbeat import Problem, Record
from kepthour.store import private


def _path(store: Path) -> Path:
    return store.with_name(store.name + ".heartbeat")


def keep(store: Path, record: Record) -> None:
    """Write `record` beside the database at `store`, whole or not at all, for its owner only. Raises OSError."""
    last = record.last_success.isoformat() if record.last_success else None
    document = json.dumps({"last_success": last, "problem": record.problem})
    private.write(_path(store), document.encode())


def kept(store: Path) -> Record:
    """What `keep` wrote; anything else counts as nothing."""
    try:
        found = json.loads(_path(store).read_text(encoding="utf-8"))
        last, problem = found["last_success"], found["problem"]
        return Record(datetime.fromisoformat(last) if last else None, Problem(problem) if problem else None)
    except (OSError, ValueError, TypeError, KeyError):
        return Record()
