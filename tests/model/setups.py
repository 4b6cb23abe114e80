"""The configurations that runs are made with: short ladders, since every rung is a turn of the pump."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kepthour.core.spans import format_duration, parse_offset
from tests.model.practice import NAME

STALE_AFTER = timedelta(days=3)
LATE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Setup:
    """`rungs` are labels; `channels` are those that take part, each with the rung from which on."""

    name: str
    rungs: tuple[str, ...]
    channels: tuple[tuple[str, str | None], ...]
    missed_after: timedelta
    critical: tuple[str, ...] = ()  # rungs that go to all channels if one refuses them twice

    def ladder(self, channel: str) -> list[tuple[str, timedelta]]:
        """The rungs of `channel`, each with its offset from the start, oldest first."""
        joins = dict(self.channels)[channel]
        all_rungs = [(label, parse_offset(label)) for label in self.rungs]
        return [(label, at) for label, at in all_rungs if joins is None or at >= parse_offset(joins)]

    @property
    def first(self) -> timedelta:
        """The offset of the first rung of all."""
        return min(parse_offset(label) for label in self.rungs)

    def text(self) -> str:
        """The configuration file."""
        lines = [
            'timezone = "Etc/UTC"',
            f'[[calendars]]\nname = "{NAME}"\ntype = "memory"\npoll = "1d"',
            f'stale_after = "{format_duration(STALE_AFTER)}"',
            "[[sessions.rules]]\ntitle = '^(?P<client>[A-Z]{2})\\b'\nis = \"session\"",
            *(self._rung(label) for label in self.rungs),
            f'[verdict]\nmissed_after = "{format_duration(self.missed_after)}"',
            *(_channel(name, joins) for name, joins in self.channels),
            "[digests]\nenabled = false",
            "[sweep]\nenabled = false",
        ]
        return "\n".join(lines) + "\n"

    def _rung(self, label: str) -> str:
        urgency = "critical" if label in self.critical else "normal"
        return f'[[reminders.rungs]]\nat = "{label}"\nurgency = "{urgency}"'


def _channel(name: str, joins: str | None) -> str:
    return f'[channels.{name}]\ntype = "recorder"\n' + (f'joins = "{joins}"\n' if joins else "")


SETUPS = {
    one.name: one
    for one in (
        Setup("one screen", ("-3m", "-1m", "0m", "+1m"), (("screen", None),), timedelta(minutes=4)),
        Setup(
            "screen and phone",
            ("-90s", "0m", "+30s"),
            (("screen", None), ("phone", None)),
            timedelta(minutes=3),
        ),
        Setup(
            "phone joins later",
            ("-2m", "0m", "+1m", "+2m"),
            (("screen", None), ("phone", "+1m")),
            timedelta(minutes=4),
            critical=("0m", "+1m", "+2m"),
        ),
    )
}
