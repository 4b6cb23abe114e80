"""When the daemon may say that it is well."""

from __future__ import annotations

import pytest

from kepthour.runtime.health import AUDIT_SECONDS, TURN_SECONDS, Health


class _Watch:
    """A clock that goes on when it is told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("turned", "audited", "well"),
    [
        (None, None, False),
        (0, None, False),
        (None, 0, False),
        (0, 0, True),
        (TURN_SECONDS, AUDIT_SECONDS, True),
        (TURN_SECONDS + 1, 0, False),
        (0, AUDIT_SECONDS + 1, False),
    ],
)
def test_the_daemon_is_well_while_pump_and_auditor_are_fresh(
    turned: float | None, audited: float | None, well: bool
) -> None:
    """`turned` and `audited` are seconds ago; None is never."""
    watch = _Watch()
    health = Health(watch)
    end = watch.seconds + AUDIT_SECONDS + 1
    for ago, happened in sorted(
        (
            (ago, what)
            for ago, what in ((turned, health.turned), (audited, health.audited))
            if ago is not None
        ),
        key=lambda one: -one[0],
    ):
        watch.seconds = end - ago
        happened()
    watch.seconds = end
    assert health.ok() is well


def test_a_pump_that_turns_again_is_well_again() -> None:
    watch = _Watch()
    health = Health(watch)
    health.audited()
    health.turned()
    watch.seconds += TURN_SECONDS + 1
    assert not health.ok()
    health.turned()
    assert health.ok()
