"""One concrete change of the configuration that would help against a cause; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass

from kepthour.config import Configuration
from kepthour.config.faults import Faulty
from kepthour.config.reading import parse
from kepthour.config.rules import edit_of, is_there, setup_of, stands
from kepthour.config.writing import edited
from kepthour.core.causes import Cause
from kepthour.core.errors import NeedsPerson
from kepthour.core.rules import Help, Rule, rule_for
from kepthour.plugins import Plugins
from kepthour.store import rules
from kepthour.store.engine import Store
from kepthour.store.rules import Written
from kepthour.views.causes import Looked


@dataclass(frozen=True, slots=True)
class Proposal:
    """What `cause` calls for."""

    cause: Cause
    rule: Rule | None = None
    help: Help | None = None  # no setting helps: this does
    before: bytes = b""  # the file's content
    after: bytes | None = None  # and with the rule; None: there is nothing to change
    extends: int | None = None  # the entry of [[reminders.rules]] that it goes into, 1 is the first
    written: Written | None = None  # it was for this card, and it stands


def propose(config: Configuration, plugins: Plugins, store: Store, looked: Looked, cause: Cause) -> Proposal:
    """The rule for `cause`, as a change of the file that `config` was read from. Raises NeedsPerson.

    It is read by the program's own reader here: what would not be understood, or not do what it is for, is refused.
    """
    if (written := _standing(config, store, looked, cause)) is not None:
        return Proposal(cause, rule=written.rule, written=written)
    found = rule_for(cause, looked.facts, looked.session, setup_of(config))
    if isinstance(found, Help):
        return Proposal(cause, help=found)
    if is_there(found, looked.session, config):
        return Proposal(cause, rule=found)
    edit = edit_of(found, looked.session, config)
    after = edited(config.content, edit, f"kepthour repair {looked.card.id} prevent {cause.value}")
    try:
        works = is_there(found, looked.session, parse(config.file, after, plugins))
    except Faulty:
        works = False
    if not works:
        raise NeedsPerson(
            "The file is written in a way that cannot be added to.",
            "Change it by hand: docs/configuration.md.",
        )
    extends = edit.path[2] if edit.path[:2] == ("reminders", "rules") and len(edit.path) > 2 else None
    return Proposal(
        cause,
        rule=found,
        before=config.content,
        after=after,
        extends=extends + 1 if isinstance(extends, int) else None,
    )


def _standing(config: Configuration, store: Store, looked: Looked, cause: Cause) -> Written | None:
    """What was written for this card and cause before: a second rung would be one more to overlook."""
    with store.read() as tx:
        mine = [one for one in rules.everything(tx) if (one.card_id, one.cause) == (looked.card.id, cause)]
    return next((one for one in mine if stands(one.rule, config)), None)
