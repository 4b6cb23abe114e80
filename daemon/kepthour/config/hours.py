"""Working hours as people write them: `09:00-13:00`."""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise

from kepthour.core.slots import Shift

_SHIFT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24:00))")


def parse_shift(text: str) -> Shift:
    """A span of a day. Raises ValueError with what would be right."""
    match = _SHIFT.fullmatch(text.strip())
    if match is None:
        raise ValueError('is no span of a day; write it as "09:00-13:00", up to "24:00"')
    start = time(int(match[1]), int(match[2]))
    end = None if match[5] else time(int(match[3]), int(match[4]))
    if end is not None and end <= start:
        raise ValueError("must end after its start, on the same day")
    return Shift(start, end)


def in_order(shifts: tuple[Shift, ...]) -> tuple[Shift, ...]:
    """The same, if each ends before the next begins. Raises ValueError."""
    if any(one.end is None or one.end > later.start for one, later in pairwise(shifts)):
        raise ValueError("must be in their order, and must not overlap")
    return shifts
