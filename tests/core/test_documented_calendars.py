"""The pages about calendars: what they tell people to write is accepted, and where they point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kepthour.config.reading import load
from kepthour.plugins import Plugins

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted((DOCS / "calendars").glob("*.md"))
ENTRIES = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in (DOCS / "calendars.md", *PAGES)
    for number, block in enumerate(
        re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    )
]


@pytest.mark.parametrize("block", ENTRIES)
def test_a_shown_entry_is_a_whole_configuration(block: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(block, encoding="utf-8")
    assert len(load(file, Plugins()).calendars) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_page_is_linked_from_calendars_and_from_the_index(page: Path) -> None:
    for where in ("calendars.md", "index.md"):
        assert f"(calendars/{page.name}" in (DOCS / where).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [DOCS / "calendars.md", *PAGES], ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for target, anchor in re.findall(
        r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")
    ):
        file = (page.parent / target).resolve() if target else page
        assert file.is_file(), target
        assert not anchor or anchor in headings(file), anchor


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as the forges make them."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}
