"""repair rules: what was changed after a miss, whether it stands, and what became of its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.printing import clock, document, stamp, table
from kepthour.cli.repair.chosen import Chosen
from kepthour.cli.repair.measures import counted, what, whom

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from kepthour.core.looking_back import Count
    from kepthour.core.rules import Rule
    from kepthour.views.rules import Listed


@click.command()
@as_json
@common
@click.pass_context
def rules(ctx: click.Context, as_json: bool) -> None:
    """What "repair ID prevent" wrote: whether it stands, and what became of its sessions before and since.

    Of fewer than five sessions nothing is told. Before: the 90 days before it was written.
    """
    from kepthour.views.rules import listed

    before = ctx.find_object(Chosen)
    as_json = as_json or (before is not None and before.as_json)
    app = ctx.ensure_object(Setting).app_to_answer()
    zone = app.config.zone
    found = listed(app.config, app.store, app.clock.now())
    if as_json:
        document({"rules": [_shape(one, zone) for one in found]})
        return
    rows = [
        (
            str(one.written.card_id),
            clock(one.written.written_at, zone),
            f"{what(one.written.rule)} ({whom(one.written.rule.scope)})",
            counted(one.tally.before),
            counted(one.tally.since),
            _look(one, zone),
        )
        for one in found
    ]
    table(
        ("card", "written", "what", "sessions before", "sessions since", "looked at again"),
        rows,
        "No rule was written yet. See: kepthour repair ID prevent",
    )


def _look(one: Listed, zone: ZoneInfo) -> str:
    if not one.stands:
        return "not in the configuration"
    at = one.written.looked_at or one.written.look_at
    return f"{at.astimezone(zone):%d %b %Y}"


def _shape(one: Listed, zone: ZoneInfo) -> dict[str, Any]:
    written = one.written
    return {
        "id": str(written.id),
        "card": str(written.card_id),
        "cause": written.cause.value,
        "rule": rule_shape(written.rule),
        "written_at": stamp(written.written_at, zone),
        "look_at": stamp(written.look_at, zone),
        "looked_at": stamp(written.looked_at, zone),
        "stands": one.stands,
        "before": _count_shape(one.tally.before),
        "since": _count_shape(one.tally.since),
    }


def rule_shape(rule: Rule) -> dict[str, Any]:
    """What a rule changes, and for which sessions."""
    return {
        "kind": rule.kind.value,
        "value": rule.value or None,
        "channel": rule.channel,
        "calendar": rule.scope.calendar,
        "client": rule.scope.client.reveal() or None,
        "weekday": rule.scope.weekday,
        "place": rule.scope.place.reveal() or None,
    }


def _count_shape(count: Count) -> dict[str, Any]:
    return {
        "sessions": count.sessions,
        "late": count.late,
        "near_misses": count.near_misses,
        "missed": count.missed,
        "enough": count.is_enough,
    }
