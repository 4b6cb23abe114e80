"""One part by itself, or all of them: what is asked for, the table, and what is kept."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from rich.console import Console

from bench.machine import facts
from bench.measuring import BUILD, Failed, Row, Setting, is_met
from bench.table import document, show

_WIDE = 160  # where there is no terminal


def alone(part: str, text: str | None) -> None:
    """A part as a command of its own."""
    sys.exit(command((part,), f"bench.{part}", text))


def command(parts: Sequence[str], name: str, text: str | None, others: Iterable[str] = ()) -> int:
    """Measures `parts`, or those that are asked for. 1 if anything could not be measured; a missed aim is only said."""
    options = argparse.ArgumentParser(prog=f"python -m {name}", description=text)
    options.add_argument("--rounds", type=int, default=5, help="how often each work is done (5)")
    options.add_argument("--events", type=int, default=5_000, help="in the calendar (5000)")
    options.add_argument(
        "--sizes", type=int, nargs="+", default=(500, 5_000, 50_000), help="of calendars (500 5000 50000)"
    )
    options.add_argument("--seconds", type=float, default=300.0, help="of idleness (300)")
    options.add_argument("--no-peers", action="store_true", help="Kept Hour alone")
    options.add_argument("--json", type=Path, default=None, help="where the result is kept")
    if len(parts) > 1:
        choices = (*parts, *others)
        options.add_argument(
            "--only", action="append", choices=choices, metavar="NAME", help=", ".join(choices)
        )
    chosen = options.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    peers = not chosen.no_peers
    setting = Setting(chosen.rounds, chosen.events, chosen.sizes, chosen.seconds, peers, tell=_tell)
    wanted = getattr(chosen, "only", None) or parts
    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    rows, failed = measured(wanted, setting, console, chosen.json)
    for part, why in failed.items():
        _tell(f"FAILED: {part}: {why}")
    aimed = [is_met(row) for found in rows.values() for row in found if is_met(row) is not None]
    _tell(f"{sum(map(bool, aimed))} of {len(aimed)} aims are met")
    if chosen.json:
        _tell(f"kept in {chosen.json}; as Markdown: python -m bench.table {chosen.json}")
    return 1 if failed else 0


def measured(
    parts: Iterable[str], setting: Setting, console: Console, file: Path | None = None
) -> tuple[dict[str, list[Row]], dict[str, str]]:
    """Rows by part, each part shown, and kept in `file`, as soon as it is there; and what failed, with the reason."""
    rows: dict[str, list[Row]] = {}
    failed: dict[str, str] = {}
    for part in parts:
        found = rows.setdefault(part, [])
        try:
            for row in import_module(f"bench.{part}").measure(setting):
                found.append(row)  # what came before a failure counts
        except Failed as error:
            failed[part] = str(error)
        except Exception as error:  # noqa: BLE001  supervised: a part must not cost what an hour has measured
            failed[part] = f"{type(error).__name__}: {error}"
        failed |= {f"{part}, {row.peer}": row.trouble for row in found if row.trouble}
        show(part, found, console)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            kept = document(rows, failed, facts() | {"rounds": str(setting.rounds)})
            file.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    return rows, failed


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
