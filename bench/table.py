"""The table: of rows as they come, on a terminal, and of a file that a run has left, as Markdown.

python -m bench.table build/bench.json
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measuring import OURS, Row, is_met, ratio

_HEADING = "## The latest figures"
_HEAD = ("", OURS, "beside", "theirs", "ratio", "aim", "")


def document(
    rows: Mapping[str, Sequence[Row]], failed: Mapping[str, str], machine: Mapping[str, Any]
) -> dict[str, Any]:
    """What is kept of a run: rows and failures by part."""
    parts = {part: [_as_document(row) for row in found] for part, found in rows.items()}
    return {"machine": machine, "parts": parts, "failed": failed}


def show(part: str, rows: Sequence[Row], console: Console) -> None:
    """One part's table, for eyes."""
    table = Table(title=part, title_justify="left", header_style="")
    for column, text in enumerate(_HEAD):
        table.add_column(text, justify="left" if column in {0, 2} else "right")
    for row in rows:
        style = {True: "green", False: "red", None: ""}[is_met(row)]
        table.add_row(*_cells(row), style=style)
    console.print(table)


def markdown(found: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a file that a run has left: what failed, what has an aim, then everything."""
    parts = {part: [_row(one) for one in rows] for part, rows in found["parts"].items()}
    yield "; ".join(f"{name} {value}" for name, value in found["machine"].items()) + "."
    for part, why in found["failed"].items():
        yield from ("", f"**{part} failed**: {why}")
    aimed = [row for rows in parts.values() for row in rows if is_met(row) is not None]
    if aimed:
        met = sum(1 for row in aimed if is_met(row))
        yield from ("", f"**{met} of {len(aimed)} aims are met**", "", *_rows(aimed))
    for part, rows in parts.items():
        rest = [row for row in rows if is_met(row) is None]
        if rest:
            yield from ("", f"**{part}**", "", *_rows(rest))


def _rows(rows: Iterable[Row]) -> Iterator[str]:
    yield f"| {' | '.join(_HEAD)} |"
    yield "|---|--:|---|--:|--:|--:|---|"
    for row in rows:
        yield f"| {' | '.join(_cells(row))} |"


def _cells(row: Row) -> tuple[str, ...]:
    there = ratio(row)
    aims = [f"≤ {figure(row.at_most)} {row.unit}".rstrip()] if row.at_most is not None else []
    aims += [f"≤ {row.of_peer:g} ×"] if row.of_peer is not None else []
    met = {True: "met", False: "missed", None: ""}[is_met(row)]
    if row.trouble:
        met = "FAILED"
    return (
        row.work,
        spread(row.ours, row.unit),
        row.peer or "",
        spread(row.theirs, row.unit),
        f"{there[0]:.2f} ({there[1]:.2f}–{there[2]:.2f})" if there else "",
        ", ".join(aims),
        met,
    )


def spread(values: Sequence[float], unit: str) -> str:
    """The median, and the least and the most."""
    if not values:
        return ""
    median, least, most = (figure(one) for one in (statistics.median(values), min(values), max(values)))
    if least == most:
        return f"{median} {unit}".rstrip()
    return f"{median} {unit} ({least}–{most})".replace("  ", " ")


def figure(value: float) -> str:
    """Three digits that count, or whole."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def _as_document(row: Row) -> dict[str, Any]:
    there = ratio(row)
    return {
        "work": row.work,
        "unit": row.unit,
        "ours": list(row.ours),
        "peer": row.peer,
        "theirs": list(row.theirs),
        "at_most": row.at_most,
        "of_peer": row.of_peer,
        "trouble": row.trouble,
        "ratio": dict(zip(("median", "min", "max"), there, strict=True)) if there else None,
        "met": is_met(row),
    }


def _row(kept: Mapping[str, Any]) -> Row:
    return Row(**{name: value for name, value in kept.items() if name not in {"ratio", "met"}})


def main(file: str, page: str | None = None) -> None:
    text = "\n".join(markdown(json.loads(Path(file).read_text(encoding="utf-8")))) + "\n"
    if page is None:
        print(text, end="")
        return
    kept, heading, _ = Path(page).read_text(encoding="utf-8").partition(f"\n{_HEADING}\n")
    if not heading:
        raise SystemExit(f"{page} has no heading {_HEADING!r}")
    Path(page).write_text(f"{kept}{heading}\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
