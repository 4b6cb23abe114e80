"""Opens a repair card for a session that was, or may have been, missed; follows what becomes of it; speaks up for it.

1  a verdict: open, confirm, close a card, or say anew how serious it is       (core.repair)
2  a confirmed card gets its nudges, all at once: rows like any other reminder (core.nudges)
3  what the therapist did on it silences those that have nothing left to say
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from kepthour.core.errors import NeedsPerson, NotFound
from kepthour.core.ladder import Urgency
from kepthour.core.nudges import nudges, subject
from kepthour.core.privacy import Phi
from kepthour.core.repair import (
    KNOWN_FOR,
    LATE_FROM,
    NEW_FOR,
    CardState,
    Circumstances,
    Outcome,
    severity,
    state_with,
    steps_of,
)
from kepthour.core.trail import What, Who
from kepthour.core.verdict import Verdict, announced_start, checked_in_at
from kepthour.logger import log
from kepthour.store import card_again, cards, make_ups, misses, nudging, planning, responses, sessions
from kepthour.store.cards import Card
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

_CONFIRMED = {Verdict.MISSED, Verdict.LATE}  # by the therapist's word


@dataclass(frozen=True, slots=True)
class Speaking:
    """Where cards speak up: first, and where nobody did anything for an hour; and with whom a miss weighs more."""

    near_channels: tuple[str, ...]
    far_channels: tuple[str, ...]
    high_need: frozenset[Phi] = frozenset()  # aliases


def follow_verdicts(
    store: Store,
    speaking: Speaking,
    verdicts: Sequence[tuple[str, Verdict]],
    now: datetime,
    by: Who,
    corrects: Verdict | None = None,
) -> None:
    """Bring the cards in line with new verdicts (session id, verdict) `by` whom, in the place of `corrects`."""
    if not verdicts:
        return
    with store.write() as tx:
        for session_id, verdict in verdicts:
            row = sessions.get(tx, session_id)
            if row is not None:
                _follow(tx, speaking, row, verdict, now, by, corrects)


def _follow(
    tx: Tx,
    speaking: Speaking,
    row: SessionRow,
    verdict: Verdict,
    now: datetime,
    by: Who,
    corrects: Verdict | None,
) -> None:
    card = cards.of_session(tx, row.id)
    is_of_before = card is not None and misses.is_of_an_earlier_start(tx, card)
    serious = severity(verdict, _circumstances(tx, row, verdict, now, speaking.high_need))
    if card is not None and not is_of_before and _is_none_after_all(tx, card, verdict):
        card, is_of_before = _without_the_last(tx, card, now, by, verdict)
    if serious is None:
        # A card from before the present start stays: the event was moved to where what was missed is made up for.
        if card is not None and not is_of_before and not _is_closed(card):
            cards.void(tx, card, now, by, verdict.value)
            log.info("card.closed", session=row.id)
            nudging.hush(tx, card.id, now)
        return
    is_slight = verdict is Verdict.LATE and by is Who.DAEMON and not _is_very_late(tx, row)
    if card is not None and is_of_before:
        if is_slight or not _is_left_for(card, verdict, by):
            return  # what was missed before weighs more
        nudging.be_silent(tx, card.id, now)
        card = card_again.begin_anew(tx, card, serious, steps_of(verdict), now, by, verdict.value)
        log.info("card.opened", session=row.id, severity=serious)
    was_late = card is not None and verdict is Verdict.MISSED and _is_of_a_late_start(card, corrects)
    if card is None:
        if is_slight:
            return
        card = cards.open_card(tx, row.id, serious, steps_of(verdict), now, by, verdict.value)
        log.info("card.opened", session=row.id, severity=serious)
    elif _is_to_change(card, serious) or not _fits(card, verdict):
        cards.fit_steps(tx, card, steps_of(verdict), now)
        cards.set_severity(tx, card, serious, now, by, verdict.value)
    if verdict is Verdict.LATE:
        nudging.be_silent(tx, card.id, now)  # what it had to say was about a miss
    if verdict in _CONFIRMED and by is Who.THERAPIST and (card.confirmed_at is None or was_late):
        cards.confirm(tx, card, steps_of(verdict), now)
        if verdict is Verdict.MISSED:
            _speak_up(tx, speaking, card, now)
            nudging.speak_again(tx, card.id, now)  # how the next session landed is asked after all


def _is_closed(card: Card) -> bool:
    return card.state is CardState.CLOSED


def _is_none_after_all(tx: Tx, card: Card, verdict: Verdict) -> bool:
    """Whether nothing is to be repaired, or less than what the card was about before."""
    is_less = verdict is Verdict.LATE and card_again.is_owed_more(tx, card)
    return not _is_closed(card) and (severity(verdict) is None or is_less)


def _without_the_last(tx: Tx, card: Card, now: datetime, by: Who, verdict: Verdict) -> tuple[Card, bool]:
    """The card, about what was missed before if it was begun anew since; and whether it was."""
    if not misses.before(tx, card):
        return card, False
    nudging.forget_newest(tx, card, now)
    again = card_again.take_up_again(tx, card, now, by, verdict.value)
    nudging.speak_again(tx, card.id, now)
    log.info("card.taken_up_again", session=card.session_id)
    return again or card, True


def _is_left_for(card: Card, verdict: Verdict, by: Who) -> bool:
    """Whether a card that is about an earlier start of the session gives way to what became of the present one.

    To a miss that the therapist speaks of, always. To less only if nobody said that there was one, or did anything; or
    if nothing of it is open.
    """
    is_idle = card.confirmed_at is None and all(step.is_open for step in card.steps)
    return is_idle or _is_closed(card) or (verdict is Verdict.MISSED and by is Who.THERAPIST)


def _is_to_change(card: Card, serious: int) -> bool:
    """It is more or less serious; or it was closed because there was nothing to repair, and now there is."""
    unfinished = any(step.is_open for step in card.steps)
    return serious != card.severity or (
        card.state is CardState.CLOSED and unfinished and (card.outcome is None or card.confirmed_at is None)
    )


def _fits(card: Card, verdict: Verdict) -> bool:
    """Whether its steps are those for `verdict`: a late start may weigh as much as a miss, and has fewer."""
    wanted, there = {step.n for step in steps_of(verdict)}, {step.n for step in card.steps}
    return wanted <= there and all(step.n in wanted for step in card.steps if step.is_open)


def _is_of_a_late_start(card: Card, corrects: Verdict | None) -> bool:
    """Whether it never spoke, since the client had only waited; `corrects` is not known after a crash."""
    return corrects is Verdict.LATE or not _fits(card, Verdict.MISSED)


def _is_very_late(tx: Tx, row: SessionRow) -> bool:
    """Whether the client waited, and longer than they had been told to."""
    answers = responses.to(tx, row)
    expected, checked_in = announced_start(answers) or row.known.start, checked_in_at(answers)
    return checked_in is not None and checked_in >= expected + LATE_FROM


def _circumstances(
    tx: Tx, row: SessionRow, verdict: Verdict, now: datetime, high_need: Collection[Phi]
) -> Circumstances:
    known = row.known
    if not known.client:
        return Circumstances()
    watched_since = sessions.first_of(tx, known.calendar)
    first = sessions.first_of(tx, known.calendar, known.client)
    is_new = (
        watched_since is not None
        and first is not None
        and watched_since <= now - KNOWN_FOR
        and first > now - NEW_FOR
    )
    earlier = misses.waited_before(tx, known, verdict, known.start)
    return Circumstances(repeat=earlier is not None, new=is_new, high_need=known.client in high_need)


def _speak_up(tx: Tx, speaking: Speaking, card: Card, confirmed_at: datetime) -> None:
    """All that the card will say, if nothing is done about it. One that is confirmed anew begins anew."""
    revision = nudging.newest(tx, card.id) + 1
    for nudge in nudges(confirmed_at):
        far = speaking.far_channels if nudge.everywhere else ()
        planning.announce(
            tx,
            subject(card.id),
            None,
            revision,
            nudge.rung,
            (*speaking.near_channels, *far),
            Urgency.HIGH if nudge.is_contact else Urgency.NORMAL,
            nudge.due_at,
            nudge.useful_until,
        )


def out_of_step(store: Store, since: datetime, by: Who) -> list[tuple[str, Verdict]]:
    """Sessions from `since` (aware UTC) on whose card does not follow the verdict that is `by` whom.

    A crash, or a store that was busy, came in between: a card is missing, or stands for what is not suspected any more.
    """
    with store.read() as tx:
        lacking = [row for row in sessions.missed(tx, since) if cards.of_session(tx, row.id) is None]
        there = [(sessions.get(tx, card.session_id), card) for card in cards.everything(tx)]
        behind = [
            row for row, card in there if row and row.known.start >= since and _is_behind(tx, row, card)
        ]
    decided = [row for row in (*lacking, *behind) if row.decided_by == by.value]
    return [(row.id, row.verdict) for row in decided if row.verdict is not None]


def _is_behind(tx: Tx, row: SessionRow, card: Card) -> bool:
    if row.verdict is None or row.decided_by is None:
        return False
    serious = severity(row.verdict)
    if misses.is_of_an_earlier_start(tx, card):
        return serious is not None and _is_left_for(card, row.verdict, Who(row.decided_by))
    if _is_closed(card):
        return False
    is_theirs = row.verdict in _CONFIRMED and row.decided_by == Who.THERAPIST.value
    if serious is None or serious < card.severity:
        return True
    return is_theirs and (card.confirmed_at is None or not _fits(card, row.verdict))


def find_card(store: Store, card_id: str) -> Card:
    """The card with this number, or of the session with this id. Raises NotFound."""
    with store.read() as tx:
        for card in cards.everything(tx):
            if card_id in {str(card.id), card.session_id}:
                return card
    raise NotFound(f'There is no repair card "{card_id}".', "See them with: kepthour repair.")


def mark_step(
    store: Store, card_id: str, n: int, now: datetime, what: What, reason: Phi | None = None
) -> Card:
    """Step `n` is done (STEP_DONE) or skipped (STEP_SKIPPED) `now`, or neither after all (STEP_UNDONE).

    The last one closes the card. Raises NotFound, NeedsPerson.
    """
    card = find_card(store, card_id)
    there = [step.n for step in card.steps]
    if n not in there:
        has = f"1 to {len(there)}" if there == list(range(1, len(there) + 1)) else ", ".join(map(str, there))
        raise NeedsPerson(f"There is no step {n}.", f"This card has the steps {has}.")
    with store.write() as tx:
        _object(tx, card)
        cards.mark_step(tx, cards.get(tx, card.id) or card, n, now, what, reason)
        after = cards.get(tx, card.id)
        assert after is not None
        state = state_with([step.n for step in after.steps if step.is_open])
        if state is CardState.CLOSED and card.state is not CardState.CLOSED:
            cards.close(tx, card, now, Who.THERAPIST, "steps_done")
        elif card.state is not CardState.CLOSED or what is What.STEP_UNDONE:
            cards.stand(tx, card, state)
        nudging.hush(tx, card.id, now)
        if what is What.STEP_UNDONE:
            nudging.speak_again(tx, card.id, now)
    return find_card(store, card_id)


def _object(tx: Tx, card: Card) -> None:
    """Raises NeedsPerson for a card that was closed since there is nothing to repair: it would speak up for nothing."""
    it = misses.about(tx, card)
    if card.state is CardState.CLOSED and it is not None and it.verdict and severity(it.verdict) is None:
        raise NeedsPerson(
            f"There is nothing to repair: this session is settled as {it.verdict.value.replace('_', ' ')}.",
            f"If it was missed all the same: kepthour settle {card.session_id} missed.",
        )


def note_hold(store: Store, card: Card, uid: str, start: datetime, end: datetime, now: datetime) -> None:
    """An entry with this UID holds [start, end), aware UTC, if it is imported: then it is the make-up session."""
    with store.write() as tx:
        make_ups.add_hold(tx, cards.get(tx, card.id) or card, uid, start, end, now)


def close(store: Store, card_id: str, outcome: Outcome, now: datetime) -> Card:
    """The therapist says what became of it: nothing on it is open any more. Raises NotFound."""
    card = find_card(store, card_id)
    with store.write() as tx:
        cards.close(tx, card, now, Who.THERAPIST, "said", outcome)
        nudging.hush(tx, card.id, now)
    log.info("card.closed", session=card.session_id)
    return find_card(store, card_id)
