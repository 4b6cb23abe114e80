"""Makes the page: one file, without scripts, that asks nothing of any network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kepthour.core.report.findings import Findings
from kepthour.core.report.sections import Bars
from kepthour.core.report.telling import sections, watched
from kepthour.core.report.words import many

INSTALL = 'the extra "report": docs/install.md'
_OURS = '<meta name="generator" content="kepthour report">'  # as the template has it
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Page:
    """The page as text, and whether it has the plots that belong to it: they take matplotlib."""

    text: str
    has_plots: bool


def page(found: Findings, zone: ZoneInfo, since: datetime | None) -> Page:
    """The report as a page, with its times in `zone`. `since`: the first watch ever (aware; None: never yet)."""
    told = sections(found) if found.sessions else []
    draw = _pen() if any(one.bars for one in told) else None
    plots = {one.key: Markup(draw(one.key, one.bars)) for one in told if draw and one.bars}
    text = (
        Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
        .get_template("report.html.j2")
        .render(
            begin=_day(found.start, zone),
            end=_day(found.end, zone),
            count=many(found.sessions, "session"),
            watched=watched(since, found.start, lambda at: _day(at, zone)),
            sections=told,
            plots=plots,
        )
    )
    return Page(text, has_plots=bool(plots) or not any(one.bars for one in told))


def is_ours(file: Path) -> bool:
    """Whether `file` is an earlier page, or empty: then nothing is lost if it is written over."""
    try:
        with file.open(encoding="utf-8") as opened:
            begin = opened.read(200)
    except (OSError, UnicodeDecodeError):
        return False
    return not begin or _OURS in begin


def _pen() -> Callable[[str, Bars], str] | None:
    try:
        from kepthour.report.plots import svg
    except ImportError:
        return None
    return svg


def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}".removesuffix(", 00:00")
