"""Draws bars as SVG whose colours and letters are those of the page around it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from io import StringIO
from typing import Any
from xml.etree import ElementTree as Xml

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kepthour.core.report.sections import Bars

_WIDTH, _PER_BAR, _AROUND, _UPRIGHT = 7.0, 0.3, 0.6, 2.6  # inches
_LONGEST = 34  # letters of a label; the table has them all
_INK, _GRID, _PAPER = "#010203", "#010204", "#010205"
_FILLS = ("#010206", "#010207")
# Colours that nobody would choose stand for what the page calls its own: it alone knows light from dark.
_NAMES = {
    _INK: "var(--ink)",
    _GRID: "var(--line)",
    _PAPER: "var(--paper)",
    _FILLS[0]: "var(--first)",
    _FILLS[1]: "var(--second)",
}
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 10,
    "text.parse_math": False,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _GRID,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_SVG, _LINK = "http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xlink}href"


def svg(key: str, bars: Bars) -> str:
    """`bars` as an SVG element, to stand in a page. `key` names it: the elements `key` and plot-`key` tell of it."""
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": key}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font here lacks: the page's own may have it
        size = _WIDTH, _UPRIGHT if bars.is_upright else _height(bars)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        _upright(axes, bars) if bars.is_upright else _lying(axes, bars)
        drawn = StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    return _for_a_page(drawn.getvalue(), key)


def _height(bars: Bars) -> float:
    beside = 1 if bars.is_stacked else len(bars.series)
    return _AROUND + len(bars.labels) * _PER_BAR * (0.4 + 0.6 * beside)


def _lying(axes: Axes, bars: Bars) -> None:
    beside = 1 if bars.is_stacked else len(bars.series)
    thick = 0.72 / beside
    ends = [0.0] * len(bars.labels)
    for place, one in enumerate(bars.series):
        shift = 0.0 if bars.is_stacked else (place - (beside - 1) / 2) * thick
        rows = [row + shift for row in range(len(bars.labels))]
        left = ends if bars.is_stacked else [0.0] * len(ends)
        axes.barh(rows, one.numbers, thick, left, color=_FILLS[place], edgecolor=_PAPER, label=one.name)
        ends = [before + number for before, number in zip(left, one.numbers, strict=True)]
        if not bars.is_stacked:
            _say(axes, rows, ends, bars)
    if bars.is_stacked:
        _say(axes, list(range(len(ends))), ends, bars)
    axes.set_yticks(range(len(bars.labels)), [_shortened(label) for label in bars.labels])
    axes.invert_yaxis()
    axes.set_xlabel(bars.axis)
    axes.set_xlim(0, max([*(_sums(bars)), 1e-9]) * 1.12)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=not bars.is_share))
    axes.xaxis.set_major_formatter(_percent if bars.is_share else _count)
    axes.grid(axis="x", color=_GRID, linewidth=0.6)
    _finish(axes, bars)


def _upright(axes: Axes, bars: Bars) -> None:
    (one,) = bars.series
    axes.bar(range(len(bars.labels)), one.numbers, 0.8, color=_FILLS[0])
    axes.set_xticks(range(len(bars.labels)), bars.labels)
    axes.set_xlabel(bars.axis)
    axes.set_ylabel(one.name)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(_count)
    axes.grid(axis="y", color=_GRID, linewidth=0.6)
    _finish(axes, bars)


def _percent(value: float, _place: object) -> str:
    return f"{100 * value:g}%"


def _count(value: float, _place: object) -> str:
    return f"{value:,.0f}"


def _finish(axes: Axes, bars: Bars) -> None:
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if len(bars.series) > 1:
        figure = axes.get_figure()
        assert isinstance(figure, Figure)
        figure.legend(loc="outside upper right", ncols=len(bars.series), frameon=False)


def _say(axes: Axes, rows: Sequence[float], ends: Sequence[float], bars: Bars) -> None:
    for row, end in zip(rows, ends, strict=True):
        text = f"{100 * end:.1f}%" if bars.is_share else _count(end, row)
        axes.annotate(text, (end, row), (4, 0), textcoords="offset points", va="center", fontsize=9)


def _sums(bars: Bars) -> list[float]:
    numbers = list(zip(*(one.numbers for one in bars.series), strict=True))
    return [sum(some) if bars.is_stacked else max(some) for some in numbers]


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _for_a_page(text: str, key: str) -> str:
    Xml.register_namespace("", _SVG)
    root = Xml.fromstring(text)  # our own
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    used = {one.get(_LINK, "#")[1:] for one in root.iter()} | set(re.findall(r"url\(#([^)]+)\)", text))
    for element in root.iter():
        _adapt(element, key, used)
    root.attrib |= {"role": "img", "aria-labelledby": f"{key} plot-{key}"}
    return Xml.tostring(root, encoding="unicode")


def _adapt(element: Xml.Element, key: str, used: set[str]) -> None:
    if (name := element.attrib.pop("id", None)) in used:
        element.set("id", f"{key}-{name}")
    if _LINK in element.attrib:
        element.set("href", f"#{key}-{element.attrib.pop(_LINK)[1:]}")
    for attribute, value in element.attrib.items():
        element.set(attribute, _renamed(value).replace("url(#", f"url(#{key}-"))


def _renamed(value: str) -> str:
    for colour, name in _NAMES.items():
        value = value.replace(colour, name)
    return re.sub(r"\bfont: (\S+ )*?(\d+(\.\d+)?px) [^;]+", r"font-size: \2", value)
