"""The documentation as a site: whole, the same as on the code host, and it asks nobody for anything."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support.browser import browser, missing_for_browser

ROOT = Path(__file__).parents[2]
_PARTS = {"pre", "table", "tr", "li", "ol", "ul", "h1", "h2", "h3", "h4", "img", "blockquote"}
_LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


def built(root: Path, into: Path) -> subprocess.CompletedProcess[str]:
    """The site of the checkout `root`, in the folder `into`."""
    command = [sys.executable, "-m", "properdocs", "build", "--strict", "--site-dir", str(into)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    done = built(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Another checkout, to spoil."""
    for name in ("docs", "tools", "tests/drafts", "daemon/kepthour/drafts", "bench"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in (
        "properdocs.yml",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "config.example.toml",
        "LICENSE",
    ):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[gone](nowhere.md)", "nowhere.md"),
        ("[gone](day.md#no-such-heading)", "no-such-heading"),
        ("[gone](../daemon/nothing.py)", "nothing.py"),
        ("![gone](pictures/nothing.png)", "nothing.png"),
        ("[gone](/etc/passwd)", "/etc/passwd"),
    ],
)
def test_a_link_to_nothing_fails_the_build(copy: Path, text: str, complaint: str) -> None:
    with (copy / "docs" / "index.md").open("a") as file:
        file.write(f"\n{text}\n")
    done = built(copy, copy / "site")
    assert done.returncode != 0
    assert complaint in done.stderr


def test_a_page_that_no_menu_names_fails_the_build(copy: Path) -> None:
    (copy / "docs" / "stray.md").write_text("# Stray\n")
    done = built(copy, copy / "site")
    assert done.returncode != 0
    assert "stray.md" in done.stderr


class Parts(HTMLParser):
    """How many of each there are, and what they load."""

    def __init__(self, *, main: bool) -> None:
        """With `main`, only within the element of that role."""
        super().__init__()
        self.found: Counter[str] = Counter()
        self.loads: list[str] = []
        self._main = main
        self._depth = 0 if main else 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One begins."""
        named = dict(attrs)
        self.loads += [named.get(_LOADED[tag]) or ""] if tag in _LOADED else []
        if self._depth and tag in _PARTS:
            self.found[tag] += 1
        if self._main and tag == "div" and (self._depth or named.get("role") == "main"):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        """One ends."""
        if self._main and tag == "div" and self._depth:
            self._depth -= 1


def parts(html: str, *, main: bool) -> Parts:
    """Those of a page."""
    made = Parts(main=main)
    made.feed(html)
    return made


_COMMON_MARK = MarkdownIt("commonmark").enable("table")
PAGES = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_has_the_same_parts_as_on_the_code_host(site: Path, page: Path) -> None:
    there = parts(_COMMON_MARK.render((ROOT / "docs" / page).read_text()), main=False).found
    here = parts((site / page).with_suffix(".html").read_text(), main=True).found
    assert here == there


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > len(PAGES)
    loads = {load for page in pages for load in parts(page.read_text(), main=False).loads}
    assert "css/base.css" in loads
    assert [load for load in loads if re.match(r"[a-z]+:|//", load)] == []
    styles = "".join(re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.S) for file in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import)\s*[\"']?\s*(?:https?:|//)[^)]*", styles) == []


@pytest.mark.skipif(bool(missing_for_browser()), reason="not installed: chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser_it_asks_nobody_and_fits_the_screen(
    site: Path, tmp_path: Path, scheme: str, width: int
) -> None:
    with browser(tmp_path) as program:
        page = program.new_page(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index", "phone", "configuration", "decisions/0002-dependencies"):
            page.goto((site / f"{name}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            lightness = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g)[0]")
            assert (int(lightness) > 128) == (scheme == "light")
    assert [url for url in asked if not url.startswith("file:")] == []
    assert len(asked) > 4


def test_the_threat_model_tells_of_each_channel_and_calendar_what_leaves_the_machine() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    table = text.partition("## What leaves the machine")[2].partition("What the text of a notice may hold")[0]
    told = {
        re.findall(r"`([^`]+)`", line.split("|")[1])[0]
        for line in table.splitlines()
        if line.startswith("| `")
    }
    known = {
        point.name
        for group in ("channels", "connectors")
        for point in entry_points(group=f"kepthour.{group}")
    }
    assert known <= told
    assert "[heartbeat]" in told
