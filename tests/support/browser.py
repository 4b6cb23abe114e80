"""A browser that starts with nothing of anybody's, and tells what a page looks like and asks for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PROGRAM = "chromium"
_ALONE = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREEN = {"width": 900, "height": 1200}
PAPER = {"width": 680, "height": 990}  # A4 between the page's margins


def missing_for_browser() -> list[str]:
    """What is not installed of it."""
    return [] if shutil.which(PROGRAM) else [PROGRAM]


@contextmanager
def browser(home: Path) -> Iterator[Browser]:
    """Chromium without a window, at home in `home`."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=shutil.which(PROGRAM),
            args=list(_ALONE),
            env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        )
        try:
            yield made
        finally:
            made.close()


def light(page: Page) -> None:
    """As on a screen by day."""
    _seen(page, "light", "screen", SCREEN)


def dark(page: Page) -> None:
    """As on a screen by night."""
    _seen(page, "dark", "screen", SCREEN)


def on_paper(page: Page) -> None:
    """As in print, of somebody whose screen is dark."""
    _seen(page, "dark", "print", PAPER)


def on_a_phone(page: Page) -> None:
    """As on a small screen."""
    _seen(page, "light", "screen", {"width": 400, "height": 800})


def _seen(page: Page, scheme: str, media: str, size: dict[str, int]) -> None:
    page.emulate_media(color_scheme=scheme, media=media)  # type: ignore[arg-type]
    page.set_viewport_size(size)  # type: ignore[arg-type]
