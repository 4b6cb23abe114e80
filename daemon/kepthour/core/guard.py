"""The vanish guard: no calendar is emptied, or loses more than half of its future, on one answer.

A feed that turns empty, a login page taken for a calendar, a server restored from last month's backup: all look
like mass deletion. A second answer, at a later poll, has to agree.
"""

from __future__ import annotations


def enough(lost: int) -> int:
    """So many coming events tell whether it may lose `lost` of them: if it has more, no more need be counted."""
    return 2 * lost


def loses_too_much(before: int, after: int) -> bool:
    """Whether a calendar with `before` coming events must not go down to `after` on one answer."""
    return before > 0 and (after == 0 or after * 2 < before)


def agrees(suspected: int | None, after: int) -> bool:
    """Whether this answer confirms the last one, which would have left `suspected` coming events (None: none did).

    Time passes between the two, and an event more or less may come or go; what would still be a mass loss in
    the light of the first answer is none.
    """
    return suspected is not None and not loses_too_much(suspected, after)
