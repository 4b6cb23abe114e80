"""Notices on a phone, and answers from it: the real channel and a strict ntfy server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from kepthour.channels.ntfy import Options, channel
from kepthour.channels.ntfy.memory import recall
from kepthour.channels.ntfy.tickets import Ticket, opened, sealed
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Answer, ChannelFailed, Key
from tests.fakes.ntfy import Ntfy
from tests.support.logs import capture_logs
from tests.support.phone import ANSWERS, NOTICE, TOKEN, TOPIC, Phone, after
from tests.support.rungs import question
from tests.support.soon import soon

END = NOTICE.end
assert END is not None
QUESTION = question()


@pytest.fixture
def server() -> Iterator[Ntfy]:
    with Ntfy(keepalive=0.05) as made:
        yield made


@pytest.fixture
def phone(server: Ntfy, tmp_path: Path) -> Phone:
    return Phone(server, tmp_path)


async def test_a_notice_comes_as_it_is_with_three_buttons(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
    (shown,) = phone.shown
    assert (shown["title"], shown["message"]) == (NOTICE.title, NOTICE.text)
    assert [action["label"] for action in shown["actions"]] == ["I'm here", "On my way", "Snooze"]
    assert {(action["action"], action["method"], action["clear"]) for action in shown["actions"]} == {
        ("http", "POST", True)
    }


@pytest.mark.parametrize(
    ("urgency", "priority"),
    [(Urgency.PASSIVE, 2), (Urgency.NORMAL, 3), (Urgency.HIGH, 4), (Urgency.CRITICAL, 5)],
)
async def test_the_priority_says_how_loud(phone: Phone, urgency: Urgency, priority: int) -> None:
    async with phone.open() as made:
        await made.send(after(urgency=urgency), None)
    assert phone.shown[0]["priority"] == priority


@pytest.mark.parametrize(
    ("label", "key"), [("I'm here", Key.HERE), ("On my way", Key.ACK), ("Snooze", Key.SNOOZE)]
)
async def test_a_pressed_button_answers(phone: Phone, label: str, key: Key) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
        phone.press(label)
        assert await phone.heard() == [Answer("7", NOTICE.subject, key, "phone")]


async def test_a_question_has_the_three_answers_that_differ_most(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(QUESTION, None)
    (shown,) = phone.shown
    assert [action["label"] for action in shown["actions"]] == ["Held", "No-show", "I missed it"]
    assert shown["message"] == "All answers: kepthour settle"


@pytest.mark.parametrize(
    ("label", "key"), [("Held", Key.HELD), ("No-show", Key.NO_SHOW), ("I missed it", Key.MISSED)]
)
async def test_a_question_is_answered_from_the_phone(phone: Phone, label: str, key: Key) -> None:
    async with phone.open() as made:
        await made.send(QUESTION, None)
        phone.press(label)
        assert await phone.heard() == [Answer(QUESTION.delivery, QUESTION.subject, key, "phone")]


async def test_a_question_can_be_answered_for_two_days(phone: Phone) -> None:
    assert QUESTION.end is not None
    async with phone.open() as made:
        await made.send(QUESTION, None)
        phone.clock.at = QUESTION.end + timedelta(days=2) - timedelta(minutes=1)
        phone.press("Held")
        assert [answer.key for answer in await phone.heard()] == [Key.HELD]
        phone.clock.at = QUESTION.end + timedelta(days=2, minutes=1)
        phone.press("I missed it")
        assert [answer.key for answer in await phone.heard()] == [Key.HELD]
        await soon(lambda: len(phone.shown) == 2, "the word that it is over")


async def test_one_answer_to_a_question_is_not_another(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(QUESTION, None)
        (body,) = (one["body"] for one in phone.shown[0]["actions"] if one["label"] == "Held")
        phone.server.put(ANSWERS, body.replace(".held.", ".missed."))
        assert await phone.heard() == []


async def test_a_button_pressed_twice_answers_once(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
        phone.press("Snooze")
        phone.press("Snooze")
        assert [answer.key for answer in await phone.heard()] == [Key.SNOOZE]


async def test_a_check_in_that_comes_again_is_handed_on_since_it_changes_nothing(phone: Phone) -> None:
    """The store may have been begun anew, and not know it."""
    async with phone.open() as made:
        await made.send(NOTICE, None)
        phone.press("I'm here")
        phone.press("I'm here")
        assert {answer.key for answer in await phone.heard()} == {Key.HERE}
        assert len(await phone.heard()) == 2


async def test_a_changed_token_is_fetched_anew_after_a_refusal(server: Ntfy, tmp_path: Path) -> None:
    server.token, server.open_to_write = TOKEN, {ANSWERS}
    secret = tmp_path / "token"
    secret.write_text("tk_old")
    secret.chmod(0o600)
    made = Phone(server, tmp_path, token={"file": str(secret)}).stranger()
    with pytest.raises(ChannelFailed):
        await made.send(NOTICE, None)
    secret.write_text(TOKEN)
    await made.send(NOTICE, None)
    await made.close()


async def test_two_notices_of_a_session_are_answered_apart(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
        phone.press("Snooze")
        await made.send(after(), None)
        phone.press("Snooze")
        assert [answer.delivery for answer in await phone.heard()] == ["7", "8"]


FORGERIES = {
    "nonsense": lambda body: "nonsense",
    "nothing": lambda body: "",
    "another answer": lambda body: body.replace(".snooze.", ".here."),
    "another session": lambda body: body.replace(NOTICE.subject, "0000000000"),
    "another notice": lambda body: body.replace(".7.", ".9."),
    "a longer time": lambda body: re.sub(r"\.(\d{10})\.", lambda found: f".{int(found[1]) + 9}.", body),
    "no seal": lambda body: body.partition(".")[2],
    "a shorter seal": lambda body: body[1:],
    "a seal of letters that are none": lambda body: "ü" + body[1:],
    "another's seal": lambda body: sealed(Ticket("7", NOTICE.subject, Key.HERE, END), b"x" * 32),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_a_forged_answer_does_nothing_and_is_told_by_its_event_only(
    phone: Phone, forge: object
) -> None:
    assert callable(forge)
    async with phone.open() as made:
        await made.send(NOTICE, None)
        body = next(action["body"] for action in phone.shown[0]["actions"] if action["label"] == "Snooze")
        phone.server.put(ANSWERS, forge(body))
        with capture_logs() as said:
            assert await phone.heard() == []
    assert said == [{"event": "answer.not_ours", "log_level": "warning", "channel": "phone"}]
    assert len(phone.shown) == 1


async def test_an_answer_counts_until_a_little_after_the_end_and_then_hears_that_it_is_over(
    phone: Phone,
) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
        phone.clock.at = END + timedelta(minutes=9)
        phone.press("I'm here")
        assert [answer.key for answer in await phone.heard()] == [Key.HERE]
        phone.clock.at = END + timedelta(minutes=11)
        phone.press("On my way")
        phone.press("On my way")
        assert len(await phone.heard()) == 1
        await soon(lambda: len(phone.shown) == 2, "the word that it is over")
    assert phone.shown[1]["title"] == "That session is over"
    assert "actions" not in phone.shown[1]


async def test_the_buttons_of_notices_from_before_a_restart_work(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
    async with phone.open():
        phone.press("I'm here")
        assert [answer.subject for answer in await phone.heard()] == [NOTICE.subject]


async def test_an_answer_given_while_nobody_listened_is_taken_with_its_time(phone: Phone) -> None:
    phone.server.ahead = -3600  # the server's clock may be wrong: only its own differences count
    async with phone.open() as made:
        await made.send(NOTICE, None)
    phone.press("I'm here", ago=-600)  # ten minutes later, by the server's clock
    phone.server.ahead += 1500
    async with phone.open():
        (answer,) = await phone.heard()
    # With what a busy machine takes from the press to the hearing.
    assert timedelta(minutes=14, seconds=58) <= answer.ago <= timedelta(minutes=15, seconds=30)


async def test_an_answer_given_in_time_counts_however_late_it_is_heard(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
    phone.press("I'm here", ago=-60)
    phone.clock.at = END + timedelta(hours=2)
    phone.server.ahead = 60 + 2 * 3600 + 55 * 60
    async with phone.open():
        assert [answer.key for answer in await phone.heard()] == [Key.HERE]


async def test_after_a_restart_a_taken_answer_is_not_taken_again(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_SETTLE_SECONDS", 0)
    async with phone.open() as made:
        await made.send(NOTICE, None)
        body = phone.press("Snooze")
        assert len(await phone.heard()) == 1
        await soon(lambda: body[:24] in recall(phone.folder).used, "the note")
    async with phone.open():
        phone.press("Snooze")
        assert len(await phone.heard()) == 1


async def test_a_killed_server_is_listened_to_again_and_loses_no_answer(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
        phone.press("Snooze")
        assert len(await phone.heard()) == 1
        phone.server.stop()
        phone.press("I'm here")
        with pytest.raises(ChannelFailed):
            await made.send(after(), None)
        phone.server.start()
        assert [answer.key for answer in await phone.heard()] == [Key.SNOOZE, Key.HERE]


async def test_a_connection_that_ends_costs_no_answer_and_repeats_none(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(NOTICE, None)
        for label in ("Snooze", "On my way", "I'm here"):
            phone.server.cut()
            phone.press(label)
            await phone.heard()
        assert [answer.key for answer in await phone.heard()] == [Key.SNOOZE, Key.ACK, Key.HERE]


async def test_a_server_that_comes_up_later_is_listened_to(phone: Phone) -> None:
    phone.server.stop()
    async with phone.open(listens=False) as made:
        await made.send(NOTICE, None) if phone.server.running else None
        phone.server.start()
        await soon(lambda: phone.server.streams == 1, "the stream")
        await made.send(NOTICE, None)
        phone.press("I'm here")
        assert len(await phone.heard()) == 1


async def test_after_a_sleep_the_stream_is_begun_anew(server: Ntfy, phone: Phone) -> None:
    server.keepalive = 3600
    async with phone.open() as made:
        await soon(lambda: server.streams == 1, "the stream")
        before = phone.listening
        phone.clock.sleep(timedelta(minutes=10))
        await made.send(NOTICE, None)
        await soon(lambda: phone.listening > before, "a new stream")
        phone.press("I'm here")
        assert len(await phone.heard()) == 1


async def test_what_waited_in_a_sleeping_connection_is_asked_for_anew(server: Ntfy, phone: Phone) -> None:
    """Its age cannot be told otherwise: it would count from now, and who was in time would be late."""
    server.keepalive = 3600
    async with phone.open() as made:
        await made.send(NOTICE, None)
        await soon(lambda: server.streams == 1, "the stream")
        phone.clock.sleep(timedelta(minutes=10))
        server.ahead = 600
        phone.press("I'm here", ago=600)
        (answer,) = await phone.heard()
    assert timedelta(minutes=9, seconds=58) <= answer.ago <= timedelta(minutes=10, seconds=30)


async def test_a_newer_notice_takes_the_older_away(phone: Phone, server: Ntfy) -> None:
    async with phone.open() as made:
        first = await made.send(NOTICE, None)
        second = await made.send(after(), first)
    assert server.deleted(TOPIC) == [first]
    assert [shown["sequence_id"] for shown in phone.shown] == [first, second]


async def test_a_recalled_notice_is_taken_away_after_a_restart_too(phone: Phone, server: Ntfy) -> None:
    async with phone.open() as made:
        reference = await made.send(NOTICE, None)
    async with phone.open() as made:
        assert reference is not None
        await made.recall(reference)
    assert server.deleted(TOPIC) == [reference]


async def test_a_server_that_cannot_delete_is_asked_once(phone: Phone, server: Ntfy) -> None:
    server.deletes = False
    async with phone.open() as made:
        for reference in ("a" * 24, "b" * 24):
            await made.recall(reference)
    assert [method for method, *_rest in server.requests].count("DELETE") == 1


async def test_what_a_phone_has_already_is_not_sent_again_after_a_restart(phone: Phone) -> None:
    async with phone.open() as made:
        reference = await made.send(NOTICE, None)
    async with phone.open() as made:
        assert await made.send(NOTICE, reference) == reference
    assert len(phone.shown) == 1


async def test_a_notice_that_is_told_again_by_the_same_process_goes_out(phone: Phone, server: Ntfy) -> None:
    async with phone.open() as made:
        reference = await made.send(NOTICE, None)
        assert await made.send(replace(NOTICE, title="It works again"), reference) == reference
    assert [shown["title"] for shown in phone.shown] == [NOTICE.title, "It works again"]
    assert server.deleted(TOPIC) == []


async def test_without_a_topic_for_answers_the_text_says_how_to_answer(server: Ntfy, tmp_path: Path) -> None:
    phone = Phone(server, tmp_path, answers=None)
    async with phone.open(listens=False) as made:
        await made.send(NOTICE, None)
        await made.send(QUESTION, None)
    assert [shown["actions"] for shown in phone.shown] == [[], []]
    assert phone.shown[0]["message"].endswith("Answer at the computer: kepthour here")
    assert phone.shown[1]["message"] == "All answers: kepthour settle\nAnswer at the computer."
    assert phone.listening == 0


async def test_a_process_that_only_looks_listens_to_nothing(phone: Phone) -> None:
    made = phone.stranger()
    await made.open(phone.answers.append)
    await made.send(NOTICE, None)
    await made.close()
    assert phone.listening == 0
    assert phone.shown[0]["actions"] == []


async def test_a_text_too_long_for_a_message_is_cut(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(replace(NOTICE, text="ä" * 4000), None)
    assert phone.shown[0]["message"].endswith("ä…")


async def test_the_access_token_is_shown_to_the_server_and_to_no_phone(server: Ntfy, tmp_path: Path) -> None:
    server.token = TOKEN
    server.open_to_write = {ANSWERS}
    phone = Phone(server, tmp_path, token={"command": ["echo", TOKEN]})
    async with phone.open() as made:
        await made.probe()
        await made.recall(str(await made.send(NOTICE, None)))
        phone.press("I'm here")
        assert len(await phone.heard()) == 1
    assert TOKEN not in str(server.events)


TROUBLES = {
    "no token": ("forbidden", {"token": "another"}),
    "too many": ("limit", {"instead": {"POST": (429, "{}"), "GET": (429, "{}")}}),
    "ill": ("server-fault", {"instead": {"POST": (503, ""), "GET": (503, "")}}),
    "a sign-in page": ("not-ntfy", {"instead": {"POST": (200, "<html>"), "GET": (200, "<html>")}}),
    "elsewhere": ("not-ntfy", {"instead": {"POST": (302, ""), "GET": (302, "")}}),
    "not found": ("not-ntfy", {"instead": {"POST": (404, ""), "GET": (404, "")}}),
    "silent": ("timeout", {"silent": True}),
    "not there": ("unreachable", None),
}


@pytest.mark.parametrize(("code", "changes"), TROUBLES.values(), ids=TROUBLES)
async def test_what_is_wrong_is_said_plainly_before_a_notice_and_with_it(
    server: Ntfy,
    tmp_path: Path,
    code: str,
    changes: dict[str, object] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if code == "timeout":
        monkeypatch.setattr(channel, "_SECONDS", 0.5)
    for name, value in (changes or {}).items():
        setattr(server, name, value)
    if changes is None:
        server.stop()
    phone = Phone(server, tmp_path, token={"command": ["echo", "tk_wrong"]})
    made = phone.stranger()
    await made.open(phone.answers.append)
    for use in (made.probe, lambda: made.send(NOTICE, None)):
        with pytest.raises(ChannelFailed) as caught:
            await use()
        assert caught.value.code == code
        assert caught.value.remedy
        assert not re.search(f"{TOPIC}|{ANSWERS}|tk_wrong|{NOTICE.title}", str(caught.value))
    await made.close()


async def test_an_ill_server_is_found_by_its_own_word(phone: Phone, server: Ntfy) -> None:
    server.instead = {"GET": (200, '{"healthy":false}')}
    with pytest.raises(ChannelFailed) as caught:
        await phone.stranger().probe()
    assert caught.value.code == "server-fault"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"topic": {"command": ["echo", "a/b"]}}, "bad-topic"),
        ({"answers": {"command": ["echo", TOPIC]}}, "bad-topic"),
        ({"topic": {"env": "NOT_SET"}}, "no-secret"),
        ({"token": {"env": "NOT_SET"}}, "no-secret"),
    ],
)
async def test_a_secret_that_will_not_do_is_named_by_its_key(
    server: Ntfy, tmp_path: Path, keys: dict[str, object], code: str
) -> None:
    with pytest.raises(ChannelFailed) as caught:
        await Phone(server, tmp_path, **keys).stranger().probe()
    assert caught.value.code == code
    assert next(iter(keys)) in str(caught.value)


@pytest.mark.parametrize("server", ["http://ntfy.example.org", "ntfy.sh", "https://a:b@ntfy.sh"])
def test_an_address_that_would_not_protect_the_notices_is_refused(server: str) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"server": server, "topic": {"env": "T"}})


def test_the_secret_of_the_buttons_is_its_owners_alone_and_stays_the_same(tmp_path: Path) -> None:
    first = recall(tmp_path / "house")
    assert (tmp_path / "house" / "answers.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "house").stat().st_mode & 0o777 == 0o700
    assert recall(tmp_path / "house").secret == first.secret


@pytest.mark.parametrize("content", ["", "{}", '{"key": "short"}', "\x00"])
async def test_a_damaged_memory_costs_the_old_buttons_and_nothing_else(phone: Phone, content: str) -> None:
    phone.folder.mkdir()
    (phone.folder / "answers.json").write_text(content)
    async with phone.open() as made:
        await made.send(NOTICE, None)
        phone.press("I'm here")
        assert len(await phone.heard()) == 1


async def test_where_nothing_can_be_kept_buttons_work_until_the_end(phone: Phone) -> None:
    phone.folder.write_text("a file where the folder should be")
    async with phone.open() as made:
        await made.send(NOTICE, None)
        phone.press("I'm here")
        await soon(lambda: phone.answers, "the answer")
    assert [answer.key for answer in phone.answers] == [Key.HERE]


def test_what_is_sealed_is_opened_as_it_was() -> None:
    until = datetime(2026, 3, 2, 15, tzinfo=UTC)
    for subject in ("3de72e0764", "day:2026-03-02", "with.dots.in.it", "ünder"):
        ticket = Ticket("12", subject, Key.LATE, until)
        text = sealed(ticket, b"s" * 32)
        assert re.fullmatch(r"[-_A-Za-z0-9]{24}\..*", text)
        assert opened(text, b"s" * 32) == ticket
        assert opened(text, b"t" * 32) is None


async def test_a_notice_about_no_session_has_no_buttons(phone: Phone) -> None:
    async with phone.open() as made:
        await made.send(replace(NOTICE, start=None, end=None, actions=()), None)
        await made.send(after(end=None, actions=(Action(Key.HERE, "I'm here"),)), None)
    assert [shown["actions"] for shown in phone.shown] == [[], []]
