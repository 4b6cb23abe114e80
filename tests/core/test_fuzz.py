"""Whatever stands in a resource: occurrences come of it, or it is set aside. A longer run: `python -m tests.fuzz`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import __main__ as fuzz
from tests.fuzz.inputs import CORPUS, resource
from tests.fuzz.judge import judge


@given(st.integers(0, 2**64))
@settings(max_examples=400)
def test_whatever_a_resource_holds_only_two_ends_are_possible(seed: int) -> None:
    with fuzz.bounded(fuzz.BOUND):
        assert judge(resource(seed)) in {"set-aside", "expanded"}


LINES = st.sampled_from(sorted({line for text in CORPUS for line in text.split("\r\n")}))


@given(st.lists(LINES | st.text(max_size=40), max_size=30))
@settings(max_examples=300)
def test_lines_in_any_order_have_but_two_ends_too(lines: list[str]) -> None:
    text = "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""])
    with fuzz.bounded(fuzz.BOUND):
        assert judge(text) in {"set-aside", "expanded"}


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_bytes_have_but_two_ends_too(noise: bytes) -> None:
    with fuzz.bounded(fuzz.BOUND):
        assert judge(noise.decode("latin-1")) in {"set-aside", "expanded"}


def test_a_run_counts_its_inputs_and_finds_none_that_fails() -> None:
    ends, faults = fuzz.run(range(300))
    assert faults == []
    assert ends["expanded"] > 30
    assert ends.total() == 300


def test_what_never_ends_is_ended() -> None:
    with pytest.raises(fuzz.TooLong), fuzz.bounded(0.05):
        while True:
            pass
