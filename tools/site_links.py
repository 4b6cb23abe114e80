"""Brings what lies outside docs/ into the site, and bends links so that they work on the code host and in the site.

A hook of ProperDocs: see properdocs.yml.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from properdocs.config.defaults import ProperDocsConfig
from properdocs.structure.files import File, Files
from properdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
CARRIED = {
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "bench/README.md": "bench.md",
    "config.example.toml": "config.example.toml",
    "LICENSE": "LICENSE.txt",
}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|/")


def on_config(config: ProperDocsConfig) -> None:
    """Headings get the code host's names, so that one link serves both."""
    config.mdx_configs["toc"] = {**config.mdx_configs.get("toc", {}), "slugify": slug}


def slug(text: str, separator: str) -> str:
    """The name of a heading, as the code host makes it."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", separator)


def on_files(files: Files, config: ProperDocsConfig) -> Files:
    """The carried files, too."""
    for source, place in CARRIED.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Every link to somewhere else in the repository leads to where that is in the site."""
    here = {place: source for source, place in CARRIED.items()}.get(
        page.file.src_uri, f"docs/{page.file.src_uri}"
    )

    def bent(match: re.Match[str]) -> str:
        picture, text, link = match.groups()
        if _ELSEWHERE.match(link):
            return match[0]
        target, _, anchor = link.partition("#")
        source = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
        place = CARRIED.get(source, source.removeprefix("docs/") if source.startswith("docs/") else None)
        if place is None:  # code: there is no page of it. What is not there at all stays, and fails the build
            return text if (ROOT / source).exists() else match[0]
        place = posixpath.relpath(place, posixpath.dirname(page.file.src_uri) or ".")
        return f"{picture}[{text}]({place}{'#' + anchor if anchor else ''})"

    return _LINK.sub(bent, markdown)
