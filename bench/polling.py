"""A poll without news in a running process, beside the least that can be asked: one REPORT with the sync token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.clients import KeptHour
from bench.measuring import Row, Setting, in_process, workshop
from bench.serving import SERVERS, serving

OF_REPORT = 1.2
_POLLS = 4  # a round


def measure(setting: Setting) -> Iterator[Row]:
    for kind in SERVERS:
        with (
            workshop(setting) as name,
            serving(kind, setting.events, Path(name) / "server", setting) as practice,
        ):
            ours = KeptHour.of_server(Path(name) / "kepthour", practice.url)
            ours.synced(setting.events)
            config, count = str(ours.world.config_file), str(setting.rounds * _POLLS)
            found = in_process("bench.inside", "polls", config, practice.url, count, env=ours.world.env)
        yield Row(
            f"poll without news, {setting.events:,} events, {kind}",
            "ms",
            found["poll"],
            "a bare REPORT",
            found["report"],
            of_peer=OF_REPORT,
        )
