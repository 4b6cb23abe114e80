"""repair ID work: through the open steps of a card on a terminal, a key each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import common
from kepthour.cli.keys import LATER, STOP, keys
from kepthour.cli.printing import clock
from kepthour.cli.repair.chosen import Chosen, chosen
from kepthour.core.errors import NeedsPerson, TryLater
from kepthour.core.privacy import Phi
from kepthour.core.repair import KINDS, CardState, Outcome
from kepthour.core.trail import What

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from kepthour.app import App
    from kepthour.store.cards import Card, CardStep

_DONE, _SKIP, _UNDO, _BACK = "d", "s", "u", "b"
_MARKS = {_DONE: What.STEP_DONE, _SKIP: What.STEP_SKIPPED, _UNDO: What.STEP_UNDONE}
_MARKED = {_DONE: "done", _SKIP: "skipped", _UNDO: "open again"}


@dataclass(frozen=True)
class _Help:
    """What a step can be helped with: another action of `repair`, at a key."""

    key: str
    label: str
    action: str
    options: Mapping[str, Any] = field(default_factory=dict)


_CALL = _Help("c", "notes for a call", "draft", {"length": "phone"})
_MESSAGE = _Help("m", "a message", "draft", {"length": "message"})
_LETTER = _Help("l", "a letter", "draft", {"length": "letter"})
_HELPS: dict[int, tuple[_Help, ...]] = {
    1: (_CALL, _MESSAGE, _LETTER),
    2: (_CALL,),
    3: (_MESSAGE, _LETTER),
    4: (_MESSAGE, _LETTER),
    5: (_MESSAGE, _LETTER),
    6: (_Help("f", "free times", "slots"), _Help("m", "a message with them", "draft", {"with_times": True})),
    7: (_Help("w", "what it was", "cause"), _Help("r", "a rule against it", "prevent")),
    9: (_Help("n", "a note for supervision", "note", {"kind": "supervision"}),),
}
_OUTCOMES = {str(number): one for number, one in enumerate(Outcome, start=1)}


@click.command()
@common
@click.pass_context
def work(ctx: click.Context) -> None:
    """Go through the open steps on a terminal: what each asks for, what helps with it, and a key to tick it off.

    Nothing has to be done in this order, or at all. Each key counts at once; you can stop and come back.
    """
    app, wanted = chosen(ctx, as_json=False)
    card = wanted.card(app)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.ClickException(
            f"This needs a terminal. Without one: kepthour repair {card.id} step N done, draft, slots, note, close."
        )
    if not card.open_steps:
        click.echo("No step of this card is open.")
    elif _go_through(ctx, app, wanted):
        _ask_for_outcome(app, wanted)
    app.follow_cards()
    _farewell(wanted.card(app), app.config.zone)


def _go_through(ctx: click.Context, app: App, wanted: Chosen) -> bool:
    """Ask step by step, of those that were open at the beginning; False: the therapist stopped."""
    numbers, at, shown = [n for n, _due in wanted.card(app).open_steps], 0, None
    while at < len(numbers):
        card, n = wanted.card(app), numbers[at]
        step = next((one for one in card.steps if one.n == n), None)
        if step is None:  # said elsewhere meanwhile: it began late, and has fewer steps
            at += 1
            continue
        helps = {one.key: one for one in _HELPS.get(n, ())}
        if shown != at:
            _show(step, app)
            shown = at
        said = _choice(helps.values(), is_open=step.is_open, is_first=at == 0)
        if said in STOP:
            return False
        if said in helps:
            _help(ctx, helps[said])
        elif said == _BACK:
            at = max(0, at - 1)
        else:
            if said in _MARKS:
                _mark(app, card, n, said)
            at += 1
    return True


def _choice(helps: Iterable[_Help], *, is_open: bool, is_first: bool) -> str:
    """The key that was pressed, of those that mean something here."""
    offered = {one.key: one.label for one in helps}
    offered |= {_DONE: "done", _SKIP: "skip it"} if is_open else {_UNDO: "not after all"}
    offered |= {"Enter": "later"} if is_open else {"Enter": "go on"}
    offered |= {} if is_first else {_BACK: "back"}
    offered |= {"q": "stop"}
    return _pressed(offered)


def _pressed(offered: Mapping[str, str]) -> str:
    line = " · ".join(f"{click.style(key, bold=True)} {label}" for key, label in offered.items())
    click.echo(f"  {line} ", nl=False)
    said = next(keys({*offered, *LATER, *STOP}))
    click.echo()
    return said


def _help(ctx: click.Context, wanted: _Help) -> None:
    """Run another action, as if it had been typed; what it refuses is said, and the work goes on."""
    group = ctx.parent.command if ctx.parent is not None else None
    assert isinstance(group, click.Group)
    action = group.get_command(ctx, wanted.action)
    assert action is not None
    click.echo()
    try:
        ctx.invoke(action, **wanted.options)
    except (NeedsPerson, TryLater, click.ClickException) as error:
        click.echo(str(error), err=True)
    except click.exceptions.Exit:
        pass  # it has said why
    click.echo()


def _mark(app: App, card: Card, n: int, said: str) -> None:
    from kepthour.pipeline.repair import mark_step

    reason = None
    if said == _SKIP:
        text = click.prompt("  Why? For you alone; Enter for no reason", default="", show_default=False)
        reason = Phi(text.strip()) if text.strip() else None
    mark_step(app.store, str(card.id), n, app.clock.now(), _MARKS[said], reason)
    click.echo(f"  Step {n} is {_MARKED[said]}.")


def _show(step: CardStep, app: App) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    kind = KINDS[step.n]
    text = Text(kind.what)
    text.append(f"\n{kind.harm}\n{_state(step, app.clock.now(), app.config.zone)}", style="dim")
    terminal = Console()
    terminal.print()
    terminal.print(Panel(text, title=f"Step {kind.n}: {kind.name}", title_align="left"))


def _state(step: CardStep, now: datetime, zone: ZoneInfo) -> str:
    if step.done_at is not None:
        return f"Done on {clock(step.done_at, zone)}."
    if step.skipped_at is not None:
        return f"Skipped on {clock(step.skipped_at, zone)}."
    verb = "was" if step.due_at <= now else "is"
    return f"It {verb} due by {clock(step.due_at, zone)}."


def _ask_for_outcome(app: App, wanted: Chosen) -> None:
    """After the last step: what became of it. The card is closed by it, so it is never asked before."""
    from kepthour.pipeline.repair import close

    card = wanted.card(app)
    if card.outcome is not None or card.open_steps:
        return
    click.echo("\nNothing is open any more. What became of the work with this client?")
    said = _pressed(
        {key: one.value.replace("_", " ") for key, one in _OUTCOMES.items()} | {"Enter": "say nothing"}
    )
    if said in _OUTCOMES:
        close(app.store, wanted.card_id, _OUTCOMES[said], app.clock.now())


def _farewell(card: Card, zone: ZoneInfo) -> None:
    if card.state is CardState.CLOSED:
        outcome = f" ({card.outcome.value.replace('_', ' ')})" if card.outcome else ""
        click.echo(f"The card is closed{outcome}.")
        return
    n, due_at = min(card.open_steps, key=lambda one: one[1])
    count = len(card.open_steps)
    click.echo(
        f"{count} step{'s are' if count > 1 else ' is'} open; next: {n}, {KINDS[n].name}, by {clock(due_at, zone)}."
    )
    click.echo(f"Go on: kepthour repair {card.id} work")
