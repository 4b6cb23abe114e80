"""What is told of a rule a month after it was written: counts, in neutral words, and nothing of anybody."""

from __future__ import annotations

from kepthour.core.looking_back import Count, Tally
from kepthour.core.rules import Kind, Rule
from kepthour.core.tongue import Tongue
from kepthour.core.words.text import Text


def rule_text(tongue: Tongue, rule: Rule, tally: Tally) -> Text:
    """About a rule that stands, and what became of its sessions before and since."""
    said = [_what(tongue, rule), _since(tongue, tally.since)]
    if tally.since.is_enough:
        said.append(_before(tongue, tally.before))
    said.append("kepthour repair rules")
    return Text(tongue.gettext("A month ago you changed one thing. Did it help?"), " ".join(said))


def _what(tongue: Tongue, rule: Rule) -> str:
    match rule.kind:
        case Kind.EXTRA_RUNG:
            # Translators: {offset} is written as in the configuration: "-2h".
            return tongue.gettext("One more reminder, at {offset}.", offset=rule.value)
        case Kind.EARLY_IF_ODD:
            return tongue.gettext("An early reminder of odd sessions.")
        case Kind.INSIST:
            return tongue.gettext("Notices come back until answered.")
        case Kind.JOINS:
            # Translators: {channel} is a name, {offset} is written as in the configuration: "-1m".
            return tongue.gettext(
                "Channel {channel}: earlier, at {offset}.", channel=rule.channel, offset=rule.value
            )
        case Kind.BUFFER:
            return tongue.gettext("A longer pause around free times.")
        case Kind.POLL:
            return tongue.gettext("Calendar {calendar}: read more often.", calendar=rule.scope.calendar)
        case Kind.WAKE:
            return tongue.gettext("This computer wakes up in time.")


def _since(tongue: Tongue, count: Count) -> str:
    if not count.sessions:
        return tongue.gettext("There was no such session since: nothing can be told.")
    if not count.is_enough:
        return tongue.ngettext(
            "There was {count} such session since: too few to tell.",
            "There were {count} such sessions since: too few to tell.",
            count.sessions,
        )
    # Translators: of such sessions; for example "Of 12 since: late 0, near misses 1, missed 0."
    return tongue.gettext(
        "Of {count} since: late {late}, near misses {near}, missed {missed}.",
        count=count.sessions,
        late=count.late,
        near=count.near_misses,
        missed=count.missed,
    )


def _before(tongue: Tongue, count: Count) -> str:
    if not count.is_enough:
        return tongue.gettext("Too few before to compare.")
    # Translators: the same three numbers, of the 90 days before; for example "Of 30 before: 2, 3, 1."
    return tongue.gettext(
        "Of {count} before: {late}, {near}, {missed}.",
        count=count.sessions,
        late=count.late,
        near=count.near_misses,
        missed=count.missed,
    )
