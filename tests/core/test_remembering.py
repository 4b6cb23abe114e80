"""What is remembered of texts: of short ones what was found, of long ones nothing."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest

from kepthour.core.reading import content_lines, zones


class Text(str):
    """One that tells when it is gone."""


@pytest.mark.parametrize("length", [20, 1_000])
@pytest.mark.parametrize(
    ("find", "begins", "more"),
    [
        (zones.named, "Nowhere", ()),
        (content_lines._renamed, ";TZID=", (";X=\\1",)),
    ],
    ids=["a zone", "the parameters of a line"],
)
def test_a_long_text_is_not_kept(
    find: Callable[..., Any], begins: str, more: tuple[str, ...], length: int
) -> None:
    text = Text(begins + "e" * length)
    gone = weakref.ref(text)
    find(text, *more)
    del text
    assert (gone() is None) is (length > 200)
