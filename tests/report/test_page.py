"""The page in a real browser: by day, by night and on paper; for eyes and for screen readers; without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page

from kepthour.core.gaps import Pause
from kepthour.core.report.findings import Material, Missed, findings
from kepthour.report.page import page as made
from tests.support import browser
from tests.support.browser import dark, light, on_a_phone, on_paper
from tests.support.fixtures import require
from tests.support.past_year import ENDS, PLANTED, ZONE, year

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
LOOKS = [light, dark, on_paper]
_HOUR = timedelta(hours=1)


def _written(folder: Path) -> Path:
    """A year with all that a page can show, and with a calendar of a long and difficult name."""
    sessions = [one.past for one in year(2000, PLANTED)]
    long_name = "practice & clinic <Wednesdays> $x_1$, second floor, 診療所"
    sessions = [replace(one, calendar=long_name) if one.calendar == "practice" else one for one in sessions]
    sessions[0] = replace(sessions[0], start=sessions[0].start - timedelta(days=1))  # a single Sunday
    missed = [
        Missed(one.start, one.start + _HOUR, one.start + 50 * _HOUR) for one in sessions if one.is_missed
    ]
    notices = [5 + number % 31 for number in range(200)]
    material = Material(
        ENDS - timedelta(days=365), ENDS, sessions, missed, notices, {Pause.ASLEEP: _HOUR, None: _HOUR}
    )
    file = folder / "report.html"
    file.write_text(made(findings(material), ZONE, material.start + timedelta(days=1)).text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    require(browser.missing_for_browser())
    with browser.browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def page(chromium: Browser, file: Path) -> Page:
    opened = chromium.new_page()
    opened.goto(file.as_uri())
    return opened


@pytest.mark.parametrize("look", LOOKS)
def test_a_tool_for_accessibility_finds_nothing_to_mend(page: Page, look: Callable[[Page], None]) -> None:
    look(page)
    found = Axe().run(page)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
    assert len(found.response["passes"]) > 10


@pytest.mark.parametrize(
    ("look", "paper"), [(light, (255, 255, 255)), (dark, (20, 24, 28)), (on_paper, (255, 255, 255))]
)
def test_it_is_light_or_dark_as_one_wants_and_light_in_print(
    page: Page, look: Callable[[Page], None], paper: tuple[int, int, int]
) -> None:
    look(page)
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot(path=PICTURES / f"report-{look.__name__}.png", full_page=True)
    assert Image.open(BytesIO(picture)).convert("RGB").getpixel((2, 2)) == paper


_INK = {"light": (29, 35, 41), "dark": (230, 234, 238), "on_paper": (29, 35, 41)}


@pytest.mark.parametrize("look", LOOKS)
def test_the_plots_take_the_colours_of_the_page(page: Page, look: Callable[[Page], None]) -> None:
    look(page)
    colours = page.eval_on_selector_all(
        "figure svg text", "all => all.map(one => getComputedStyle(one).fill)"
    )
    assert set(colours) == {f"rgb{_INK[look.__name__]}"}
    assert not re.findall(r"#01020\d", page.content())


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("look", LOOKS)
def test_bars_can_be_told_from_the_page_and_from_each_other(page: Page, look: Callable[[Page], None]) -> None:
    look(page)
    asked = "name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()"
    paper, first, second = (page.evaluate(asked, name) for name in ("paper", "first", "second"))
    assert min(_contrast(paper, first), _contrast(paper, second), _contrast(first, second)) >= 3


_CUT_OFF = """
() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect()
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect()
    return box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1
  }).map(text => text.textContent)
})
"""
_OVERLAPPING = """
() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text')]
  const boxes = texts.map(text => text.getBoundingClientRect())
  const found = []
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const a = boxes[i], b = boxes[j]
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left)
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
    if (wide > 1 && high > 4) found.push(texts[i].textContent + ' on ' + texts[j].textContent)
  }
  return found
})
"""


@pytest.mark.parametrize("look", [light, on_paper, on_a_phone])
def test_no_letter_of_a_plot_is_cut_off_or_under_another(page: Page, look: Callable[[Page], None]) -> None:
    look(page)
    assert page.evaluate(_CUT_OFF) == []
    assert page.evaluate(_OVERLAPPING) == []


@pytest.mark.parametrize("look", [light, on_paper, on_a_phone])
def test_nothing_is_wider_than_the_page(page: Page, look: Callable[[Page], None]) -> None:
    look(page)
    wide, wider = page.evaluate(
        "() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]"
    )
    assert wider <= wide


def test_every_plot_has_a_title_a_sentence_and_its_numbers_as_a_table(page: Page) -> None:
    light(page)
    told = page.evaluate(
        """() => [...document.querySelectorAll('svg')].map(svg => {
          const section = svg.closest('section')
          const ids = svg.getAttribute('aria-labelledby').split(' ')
          const texts = ids.map(id => document.getElementById(id).textContent)
          return [svg.getAttribute('role'), texts, section.querySelectorAll('table tbody tr').length, section.id]
        })"""
    )
    assert len(told) == 11
    for role, (title, sentence), rows, key in told:
        assert role == "img", key
        assert title and sentence.strip().endswith("."), key
        assert rows >= 2, key


def test_ids_are_there_once_and_all_links_have_an_end(page: Page) -> None:
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    content = page.content()
    linked = set(re.findall(r"url\(#([^)]+)\)", content)) | set(re.findall(r'href="#([^"]+)"', content))
    assert linked and linked <= set(ids)


def test_nothing_is_asked_of_any_network(chromium: Browser, file: Path) -> None:
    asked: list[str] = []
    opened = chromium.new_page()
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri(), wait_until="networkidle")
    opened.close()
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]


def test_there_is_no_script_and_none_would_run(page: Page, file: Path) -> None:
    assert page.locator("script").count() == 0
    assert "default-src 'none'" in file.read_text(encoding="utf-8")


def test_a_name_with_signs_of_html_is_text(page: Page) -> None:
    assert page.locator("wednesdays").count() == 0
    assert page.get_by_role("rowheader", name="practice & clinic <Wednesdays>").count() == 1
