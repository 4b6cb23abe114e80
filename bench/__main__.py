"""Measures what things cost, beside programs that do the like, and says which aims are met: `make bench`.

What is measured and how to read it: docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console

from bench.machine import facts
from bench.measuring import BUILD, Failed, Row, Setting
from bench.table import document, show

_WIDE = 160  # where there is no terminal
PARTS = ("sync", "agenda", "reading", "rehearsing")


def main() -> int:
    """1 if anything could not be measured; an aim that is missed is only said."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="pairs of each work (5)")
    options.add_argument(
        "--only", action="append", choices=PARTS, metavar="NAME", help=f"of {', '.join(PARTS)}"
    )
    options.add_argument("--events", type=int, default=5_000, help="in the calendar (5000)")
    options.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the result goes")
    options.add_argument("--no-peers", action="store_true", help="Kept Hour alone")
    chosen = options.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    setting = Setting(chosen.rounds, chosen.events, peers=not chosen.no_peers, tell=_tell)
    rows: dict[str, list[Row]] = {}
    failed: dict[str, str] = {}
    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    for part in chosen.only or PARTS:
        rows[part] = []
        try:
            rows[part].extend(import_module(f"bench.{part}").measure(setting))
        except Failed as error:
            failed[part] = str(error)
            _tell(f"FAILED: {part}: {error}")
        failed |= {f"{part}: {row.peer}": row.trouble for row in rows[part] if row.trouble}
        show(part, rows[part], console)
    chosen.json.write_text(json.dumps(document(rows, failed, facts()), indent=2), encoding="utf-8")
    console.print(f"Kept in {chosen.json}; as Markdown: python -m bench.table {chosen.json}")
    return 1 if failed else 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
