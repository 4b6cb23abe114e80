"""Every ground of a verdict can be told."""

from __future__ import annotations

import pytest

from kepthour.cli.story import because
from kepthour.core.verdict import Because


@pytest.mark.parametrize("ground", list(Because))
def test_a_ground_is_told_in_words(ground: Because) -> None:
    assert len(because(ground).split()) > 2
