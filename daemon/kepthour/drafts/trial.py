"""Tries the user's own templates before they are needed, with everything that can be said and with nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kepthour.core.drafts import Context, Draft, Reason
from kepthour.drafts.render import languages, names, render

_START = datetime(2026, 3, 2, 14, tzinfo=UTC)  # any will do


@dataclass(frozen=True, slots=True)
class Tried:
    """The user's own templates of one language, and what was found."""

    language: str
    used: tuple[Path, ...]
    problems: tuple[str, ...]  # for these there is the built-in text
    warnings: tuple[str, ...]


def tried(folder: Path) -> list[Tried]:
    """All that stands in `folder`, by language. It may not exist."""
    if not folder.is_dir():
        return []
    return [_tried(one, folder) for one in languages() if any((folder / one).glob("*.j2"))]


def strange(folder: Path) -> list[Path]:
    """What lies in `folder` and is no language's: it would never be used."""
    return sorted(one for one in folder.glob("*") if one.name not in languages()) if folder.is_dir() else []


def _tried(language: str, folder: Path) -> Tried:
    made = [render(draft, language, folder) for draft in _samples(language)]
    return Tried(
        language,
        tuple(dict.fromkeys(file for one in made for file in one.own)),
        tuple(dict.fromkeys(one.problem for one in made if one.problem is not None)),
        tuple(dict.fromkeys(warning for one in made for warning in one.warnings)),
    )


def _samples(language: str) -> Iterator[Draft]:
    for name in names(language):
        if name.startswith("_") or name == "subject":
            continue
        late, end = name.startswith("late-"), _START + timedelta(minutes=50)
        yield Draft(name, Context("1", _START, end, late), 1)
        everything = Context(
            "1", _START, end, late,
            minutes=17, repeat=True, new=True, high_need=True, minor=True, call=True, reason=Reason.OVERLOOKED.value,
            times=(end,), contacted_at=end,
        )  # fmt: skip
        yield Draft(name, everything, 3)
