"""What drafts and notes have in common: what only the therapist knows, the text itself, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kepthour.cli.printing import clock, document, stamp
from kepthour.core.drafts import Client, Draft, Length, Occasion, Reason, Wish

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.drafts.render import Rendered
    from kepthour.store.cards import Card

_F = TypeVar("_F", bound=Callable[..., Any])


def text_options(command: _F) -> _F:
    """The options of every text about a card."""
    for option in (
        click.option("--copy", is_flag=True, help="Put it on the clipboard instead of printing it."),
        click.option(
            "--repeat/--first",
            "repeat",
            default=None,
            help="It was not, or it was, the first time with this client. Default: as the alias tells.",
        ),
        click.option(
            "--client",
            "clients",
            type=click.Choice([one.value for one in Client]),
            multiple=True,
            help="What you know of the client; several times, if need be.",
        ),
        click.option(
            "--reason",
            type=click.Choice([one.value for one in Reason]),
            help="Why it happened. Default: nothing is said of it.",
        ),
        click.option(
            "--language", metavar="LANGUAGE", help="en or de. Default: the language of your notices."
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Written:
    """A text about `card`, ready to be shown."""

    card: Card
    occasion: Occasion
    draft: Draft
    made: Rendered


def wish_of(
    clients: tuple[str, ...], reason: str | None, *, repeat: bool | None, length: Length = Length.MESSAGE
) -> Wish:
    """What the therapist said with the options."""
    said = frozenset(Client(one) for one in clients)
    return Wish(length=length, clients=said, reason=Reason(reason) if reason else None, repeat=repeat)


def write(
    app: App, card: Card, language: str | None, wish: Wish, choose: Callable[[Occasion, Wish], Draft]
) -> Written:
    """The text that `choose` picks for what happened. Raises NeedsPerson, and a usage error for the language."""
    from kepthour.drafts.render import render
    from kepthour.views.drafts import occasion

    spoken = _language(app, language)
    happened = occasion(app.store, card, app.config.zone, app.config.repair.high_need)
    draft = choose(happened, wish)
    return Written(card, happened, draft, render(draft, spoken, app.config.templates))


def _language(app: App, wanted: str | None) -> str:
    from kepthour.drafts.render import languages

    if wanted is not None and wanted not in languages():
        raise click.BadParameter(f"There are {', '.join(languages())}.", param_hint="--language")
    chosen = wanted or app.config.language
    return chosen if chosen in languages() else "en"


def tell(written: Written, app: App, *, as_json: bool, taken_by: str | None) -> None:
    """Print the text, or, if something has taken it (the clipboard's tool, say), that it has.

    The text alone goes to standard output, so that it may be sent on; what is for the therapist goes beside it.
    """
    for remark in _remarks(written, app):
        click.echo(f"For you: {remark}", err=True)
    if as_json:
        document(_shape(written, app, taken_by))
    elif taken_by is None:
        click.echo(written.made.text)
    else:
        left = written.made.placeholders
        todo = f" Fill in before you use it: {', '.join(left)}." if left else ""
        click.echo(f"It is in {taken_by}.{todo}")


def _remarks(written: Written, app: App) -> Iterator[str]:
    """What the therapist should know before they use it; what weighs most comes first."""
    draft, made, card = written.draft, written.made, written.card
    if draft.call_first and draft.is_for_the_client and not draft.is_spoken:
        why, options = _weighs(draft)
        yield f"call, rather than write{why}. Notes for it: kepthour repair {card.id} draft --length phone{options}"
    if written.occasion.verdict.value == "suspected_miss":
        none = (
            f"settle {card.session_id} VERDICT"
            if written.occasion.is_present
            else f"repair {card.id} close continues"
        )
        yield f"this miss is only suspected. If it was none: kepthour {none}"
    if draft.context.repeat and written.occasion.earlier is not None:
        when = clock(written.occasion.earlier, app.config.zone)
        yield f"a repeat, since the same alias waited for you on {when}. If that was somebody else: --first"
    if made.problem is not None:
        yield f"your own template cannot be used, and this is the built-in text. {made.problem}"
    yield from made.warnings


def _weighs(draft: Draft) -> tuple[str, str]:
    """Why a call is better, in brackets, and the options that say the same of the client once more."""
    known = draft.context
    said = ["it is a repeat"] if known.repeat else []
    said += ["the client is new"] if known.new else []
    said += ["the client is in high need"] if known.high_need else []
    clients = [(Client.NEW, known.new), (Client.MINOR, known.minor), (Client.HIGH_NEED, known.high_need)]
    options = "".join(f" --client {one.value}" for one, holds in clients if holds)
    return (f" ({', '.join(said)})" if said else ""), options


def _shape(written: Written, app: App, taken_by: str | None) -> dict[str, Any]:
    draft, made = written.draft, written.made
    known: dict[str, Any] = {
        "template": draft.template,
        "language": made.language,
        "text": made.text,
        "placeholders": list(made.placeholders),
        "own_templates": [str(file) for file in made.own],
        "problem": made.problem,
        "warnings": list(made.warnings),
        "taken_by": taken_by,
    }
    if draft.is_anonymous:
        return known
    about = {
        "card": str(written.card.id),
        "session": written.card.session_id,
        "severity": draft.severity,
        "repeat": draft.context.repeat,
        "earlier": stamp(written.occasion.earlier, app.config.zone),
    }
    if draft.is_for_the_client:
        about |= {"call_first": draft.call_first, "subject": made.subject}
    return about | known
