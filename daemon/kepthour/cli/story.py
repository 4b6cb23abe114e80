"""All that is known of one session: reminders, answers, what was seen, and what was concluded from what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.printing import (
    change_shape,
    clock,
    delivery_shape,
    document,
    said_shape,
    session_shape,
    stamp,
    standing,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, tzinfo

    from kepthour.core.day import Ground
    from kepthour.core.gaps import Gap
    from kepthour.core.near_miss import NearMiss
    from kepthour.core.response import Response
    from kepthour.core.spells import Spell
    from kepthour.core.trail import Noted
    from kepthour.core.verdict import Because
    from kepthour.store.history import Said
    from kepthour.views.agenda import Explained
    from kepthour.views.story import Reasoned, Story


def why(event: Explained) -> str:
    judgement = event.judgement
    if judgement.rule:
        return f"{judgement.why.value} (rule {judgement.rule})"
    return (
        f"{judgement.why.value} ({'; '.join(judgement.missed)})" if judgement.missed else judgement.why.value
    )


def event_shape(one: Explained, zone: tzinfo) -> dict[str, Any]:
    return {
        "calendar": one.calendar,
        "title": one.occurrence.title.reveal(),
        "start": stamp(one.occurrence.start, zone),
        "is_session": one.judgement.is_session,
        "why": one.judgement.why.value,
        "rule": one.judgement.rule,
        "client": one.judgement.client.reveal() or None,
        "id": one.id,
        "rules_missed": list(one.judgement.missed),
    }


def tell(story: Story, zone: tzinfo, *, as_json: bool) -> None:
    if as_json:
        document(
            {
                "events": [event_shape(story.event, zone)] if story.event else [],
                "session": session_shape(story.entry, zone),
                "deliveries": [delivery_shape(one, zone) for one in story.reminders],
                "answers": [_answer_shape(one, zone) for one in story.answers],
                "earlier_answers": [_answer_shape(one, zone) for one in story.earlier_answers],
                "seen": [
                    {
                        "sign": one.sign.value,
                        "since": stamp(one.since, zone),
                        "until": stamp(one.until, zone),
                    }
                    for one in story.seen
                ],
                "edits": [
                    {"since": stamp(since, zone), "until": stamp(until, zone)} for since, until in story.edits
                ],
                "gaps": [_gap_shape(one, zone) for one in story.gaps],
                "verdicts": [said_shape(one, zone) for one in story.verdicts],
                "rungs": [_rung_shape(one) for one in story.rungs],
                "reminders_rule": story.rule,
                "changes": [change_shape(one, zone) for one in story.changes],
            }
        )
        return
    _tell_head(story, zone)
    rows = [
        (
            clock(one.due_at, zone),
            one.rung,
            one.channel,
            one.state.value,
            one.why.value.replace("_", " ") if one.why else "",
        )
        for one in story.reminders
    ]
    table(("due", "reminder", "channel", "state", "why"), rows, "No reminder is planned.")
    click.echo()
    if story.reminders:
        _tell_rungs(story)
    for at, what in sorted(_course(story, zone), key=lambda one: one[0]):
        click.echo(f"{clock(at, zone)}  {what}")
    if not story.verdicts:
        click.echo("Nothing is concluded yet.")
    if story.entry.near_miss is not None:
        click.echo(f"A near miss: {nearly(story.entry.near_miss, zone)}.")


def _course(story: Story, zone: tzinfo) -> Iterator[tuple[datetime, str]]:
    """What happened to it, what you answered, and what was concluded."""
    for change in story.changes:
        yield change.at, _happened(change, story.entry.session.id, zone)
    for answer in (*story.earlier_answers, *story.answers):
        until = f", until {clock(answer.until, zone)}" if answer.until else ""
        yield answer.at, f"you answered “{answer.kind.value}” ({answer.surface}){until}"
    for spell in story.seen:
        yield spell.since, _seen(spell, zone)
    for earliest, latest in story.edits:
        by = f", by {clock(latest, zone)} at the latest" if latest != earliest else ""
        yield earliest, f"somebody edited its entry in the calendar{by}"
    for gap in story.gaps:
        if (at := gap.since or gap.until) is not None:
            yield at, nobody_watched(gap, zone)
    for said in story.verdicts:
        yield said.at, _sentence(said)


def _happened(change: Noted, session: str, zone: tzinfo) -> str:
    """A change in words: "moved; before: Mon 02 Mar 10:00 (calendar)"."""
    why = f": {change.why.replace('_', ' ')}" if change.why else ""
    about = f", {change.about}" if change.about not in {None, session} else ""
    label = "for" if change.what.value == "hold_written" else "before"
    before = f"; {label}: {clock(change.start, zone)}" if change.start else ""
    return f"{change.what.value.replace('_', ' ')}{why}{about}{before} ({change.by.value})"


def _tell_head(story: Story, zone: tzinfo) -> None:
    from kepthour.core.tongue import ENGLISH
    from kepthour.core.words.odd import phrase

    session = story.entry.session
    click.echo(
        f"Session {session.id}, {clock(session.start, zone)}, calendar {session.calendar}: {standing(story.entry)}"
    )
    if story.event is None:
        click.echo("No calendar holds it any more.")
    else:
        click.echo(f"It is a session because {why(story.event)}.")
    for code in story.entry.oddities:
        click.echo(f"Mind: it {phrase(ENGLISH, code)}.")
    click.echo()


def _tell_rungs(story: Story) -> None:
    """Of the rungs that not every session has: why it has them, or has not."""
    if story.rule is not None:
        if story.before_rules:
            click.echo(
                f"Now its rungs would be those of rule {story.rule} of [[reminders.rules]]; it was planned with "
                "others, which it keeps."
            )
        else:
            click.echo(f"Its rungs are those of rule {story.rule} of [[reminders.rules]].")
    for one in story.rungs:
        if (told := rung_sentence(one)) is not None:
            click.echo(told)


def rung_sentence(one: Reasoned) -> str | None:
    """Why a session has a rung, or has not, in words; None for one that every session has."""
    from kepthour.core.ladder import OnlyIf
    from kepthour.core.reminder import OPENING

    if one.rung == OPENING:
        return _why_opening(one.cards)
    if one.only_if is None and one.is_called_for:
        return f"{one.rung} comes because you snoozed, or announced another start."
    if one.only_if is None:
        return f"{one.rung} is of the configuration by which its reminders began."
    if one.only_if is OnlyIf.ALWAYS:
        return None
    if not one.grounds:
        gone = "what called for it is no longer so" if one.is_planned else "nothing calls for it"
        return f"{one.rung} {'is planned, though' if one.is_planned else 'is left out:'} {gone}."
    reasons = " and ".join(_ground(ground) for ground in one.grounds)
    if not one.is_planned:
        return f"{one.rung} is called for, since {reasons}; but its time was over, or no channel takes it."
    return f"{one.rung} is planned because {reasons}."


def _why_opening(cards: Sequence[int]) -> str:
    if not cards:
        return "opening-cue was for a repair card that is closed, or for which another session counts now."
    of = " and ".join(f"kepthour repair {card}" for card in cards)
    return f"opening-cue comes because you meet here after a session that you missed: {of}."


def _ground(ground: Ground) -> str:
    return {
        "first_of_the_day": "it is the first session of the day",
        "after_a_gap": "it comes after a gap of 90 minutes or more",
        "another_place": "it is at another place than the one before",
        "oddity": "something about it is odd",
    }[ground.value]


def _rung_shape(one: Reasoned) -> dict[str, Any]:
    return {
        "rung": one.rung,
        "only_if": one.only_if.value if one.only_if else None,
        "planned": one.is_planned,
        "because": [ground.value for ground in one.grounds],
        "cards": [str(card) for card in one.cards],
    }


def _answer_shape(answer: Response, zone: tzinfo) -> dict[str, Any]:
    return {
        "answer": answer.kind.value,
        "at": stamp(answer.at, zone),
        "until": stamp(answer.until, zone),
        "surface": answer.surface,
    }


def _seen(spell: Spell, zone: tzinfo) -> str:
    what = {
        "in_a_call": "a meeting program had a microphone or a camera in use",
        "locked": "the desktop was locked",
        "idle": "the desktop was idle",
    }[spell.sign.value]
    return f"{what}, until {clock(spell.until, zone)}"


def _gap_shape(gap: Gap, zone: tzinfo) -> dict[str, Any]:
    return {
        "since": stamp(gap.since, zone),
        "until": stamp(gap.until, zone),
        "why": gap.why.value if gap.why else None,
    }


def nobody_watched(gap: Gap, zone: tzinfo) -> str:
    """A gap in the watch in words; the line begins with when it began, or when it ended if nobody watched before."""
    if gap.since is None:
        return "Kept Hour ran for the first time: it had not watched before"
    if gap.until is None:
        return "from here on Kept Hour gave no sign of life"
    what = {
        None: "the computer slept, or Kept Hour did not run",
        "asleep": "the computer slept",
        "clock_set": "the clock was set forward",
        "held_up": "Kept Hour ran, but could not note that it did",
        "off": "the computer was off, or started anew, and Kept Hour did not run",
        "not_running": "Kept Hour did not run",
    }[gap.why.value if gap.why else None]
    return f"{what}, until {clock(gap.until, zone)}"


def _sentence(said: Said) -> str:
    verdict = said.verdict.value.replace("_", " ")
    reason = f" ({said.reason.reveal()})" if said.reason else ""
    return f"{verdict}, because {because(said.because)}{reason}"


def nearly(found: NearMiss, zone: tzinfo) -> str:
    """The ground of a near miss, in words."""
    of = f" is of {_moment(found.at, zone)}" if found.at is not None else " came late"
    return {
        "first_sign_after_a_critical_reminder": f"the first sign of you came at {_moment(found.at, zone)}, after the "
        f"urgent reminder of {_moment(found.reminder, zone)}",
        "proven_late": f"the first proof that you were there{of}",
        "said_by_the_therapist": "you said so",
    }[found.ground.value]


def _moment(at: datetime | None, zone: tzinfo) -> str:
    """A time of day: on the day of the session, of which the head tells."""
    return "" if at is None else f"{at.astimezone(zone):%H:%M:%S}".removesuffix(":00")


def because(ground: Because) -> str:
    """A ground of a verdict, in words."""
    return {
        "checked_in": "you checked in",
        "checked_out": "you said that it was over",
        "in_the_room": "you were seen in the video room",
        "joined": "you opened the video room by its link",
        "in_a_call": "this machine was in a call that began at that time",
        "in_some_call": "nobody checked in; this machine was in a call, but perhaps in another session's",
        "entry_was_edited": "nobody checked in; but somebody edited its entry in the calendar while it was on",
        "session_was_in_person": "nobody checked in; but it was in a room where you touch no computer",
        "no_evidence": "nobody checked in by the deadline, and everything was watched",
        "daemon_was_not_running": "nobody checked in, but Kept Hour did not run all the time",
        "calendar_was_not_fresh": "nobody checked in, but the calendar was out of date",
        "reminders_did_not_go_out": "nobody checked in, but not all reminders reached you",
        "therapist_was_away": "you were away",
        "said_by_the_therapist": "you said so",
    }[ground.value]
