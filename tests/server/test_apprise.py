"""Notices through apprise: mail to a real server on loopback, and what is said if it fails."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kepthour.channels import apprise
from kepthour.core.ladder import Urgency
from kepthour.ports import Channel, ChannelFailed
from kepthour.runtime.asker import Asker
from kepthour.runtime.logs import set_up
from kepthour.runtime.pump import Pump
from tests.fakes.scripted_http import Answer, ScriptedServer
from tests.scenario.test_channel_trouble import TWO
from tests.support.day import Day
from tests.support.logs import capture_logs
from tests.support.mail import Mailbox
from tests.support.phone import NOTICE
from tests.support.soon import soon


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as made:
        yield made


def to(url: str) -> Channel:
    return apprise.make("phone", apprise.Options.model_validate({"url": {"command": ["echo", url]}}))


async def test_a_notice_comes_as_a_mail_that_says_how_to_answer(mailbox: Mailbox) -> None:
    await to(mailbox.url).send(NOTICE, None)
    ((subject, text),) = mailbox.texts()
    assert subject == NOTICE.title
    assert NOTICE.text in text
    assert "Answer at the computer: kepthour here" in text


@pytest.mark.parametrize(
    ("urgency", "kind"),
    [
        (Urgency.PASSIVE, "info"), (Urgency.NORMAL, "info"), (Urgency.HIGH, "warning"), (Urgency.CRITICAL, "failure"),
    ],
)  # fmt: skip
async def test_the_service_hears_how_urgent_it_is(urgency: Urgency, kind: str) -> None:
    with ScriptedServer(lambda _request: Answer(200)) as server:
        await to(f"json://127.0.0.1:{server.port}/").send(replace(NOTICE, urgency=urgency), None)
    told = json.loads(server.log[0].body)
    assert (told["type"], told["title"]) == (kind, NOTICE.title)


ADDRESSES = {
    "nothing that it knows": "canary://canary-secret",
    "no address": "canary-secret",
    "a part is missing": "tgram://canary-secret",
    "two of them": "json://canary-secret/ json://127.0.0.1:9/",
}


@pytest.mark.parametrize("url", ADDRESSES.values(), ids=ADDRESSES)
async def test_an_address_that_will_not_do_is_found_by_looking_and_never_shown(url: str) -> None:
    for use in (to(url).probe, lambda: to(url).send(NOTICE, None)):
        with pytest.raises(ChannelFailed) as caught:
            await use()
        assert caught.value.code == "bad-address"
        assert caught.value.remedy
        assert "canary" not in str(caught.value)


async def test_looking_reaches_nobody(mailbox: Mailbox) -> None:
    await to(mailbox.url).probe()
    await to("json://127.0.0.1:9/").probe()
    assert mailbox.received == []


async def test_an_address_that_cannot_be_had_is_said() -> None:
    made = apprise.make("phone", apprise.Options.model_validate({"url": {"env": "NOT_SET"}}))
    with pytest.raises(ChannelFailed) as caught:
        await made.send(NOTICE, None)
    assert caught.value.code == "no-address"
    assert "NOT_SET" in str(caught.value)


async def test_a_changed_address_is_fetched_anew_after_a_refusal_and_the_old_one_kept_if_it_cannot_be(
    mailbox: Mailbox, tmp_path: Path
) -> None:
    secret = tmp_path / "address"
    secret.write_text("json://127.0.0.1:9/")
    secret.chmod(0o600)
    made = apprise.make("phone", apprise.Options.model_validate({"url": {"file": str(secret)}}))
    codes = []
    for content in ("json://127.0.0.1:9/", ""):
        secret.write_text(content)
        with pytest.raises(ChannelFailed) as caught:
            await made.send(NOTICE, None)
        codes.append(caught.value.code)
    secret.write_text(mailbox.url)
    await made.send(NOTICE, None)
    assert codes == ["refused", "refused"]
    assert len(mailbox.received) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_what_the_service_refuses_is_a_refusal(status: int) -> None:
    with (
        ScriptedServer(lambda _request: Answer(status, "canary")) as server,
        pytest.raises(ChannelFailed) as caught,
    ):
        await to(f"json://127.0.0.1:{server.port}/canary").send(NOTICE, None)
    assert caught.value.code == "refused"
    assert "canary" not in str(caught.value)


async def test_a_service_that_hangs_is_given_up_and_its_threads_do_not_pile_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apprise, "_SECONDS", 0.3)
    hang, codes = threading.Event(), []
    with ScriptedServer(lambda _request: Answer(200, "x" * 2000, trickles_until=hang)) as server:
        made = to(f"json://127.0.0.1:{server.port}/")
        for _attempt in range(6):
            with pytest.raises(ChannelFailed) as caught:
                await made.send(NOTICE, None)
            codes.append(caught.value.code)
        assert sum(thread.name == "apprise" for thread in threading.enumerate()) == 3
        hang.set()
        await soon(
            lambda: not any(one.name == "apprise" for one in threading.enumerate()), "the threads' end"
        )
    assert codes == ["timeout", "timeout", "timeout", "busy", "busy", "busy"]


async def test_the_librarys_own_limits_are_shorter_than_ours(mailbox: Mailbox) -> None:
    made = to(mailbox.url)
    await made.probe()
    assert isinstance(made, apprise.Phone)
    assert made._target is not None
    (one,) = made._target
    assert max(one.socket_connect_timeout, one.socket_read_timeout) <= 5
    assert one.retry == 0


async def test_a_plug_in_with_a_bug_is_a_refusal(monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox) -> None:
    made = to(mailbox.url)
    await made.probe()
    assert isinstance(made, apprise.Phone)

    def broken(**_arguments: object) -> bool:
        raise RuntimeError("canary")

    monkeypatch.setattr(made._target, "notify", broken)
    with pytest.raises(ChannelFailed) as caught:
        await made.send(NOTICE, None)
    assert caught.value.code == "refused"
    assert "canary" not in str(caught.value)


async def test_without_the_library_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    made = to("json://127.0.0.1:9/")
    with capture_logs() as said:
        await made.open(lambda _answer: None)
    assert said[0]["event"] == "apprise.not_installed"
    assert said[0]["extra"] == "phone"
    for use in (made.probe, lambda: made.send(NOTICE, None)):
        with pytest.raises(ChannelFailed) as caught:
            await use()
        assert 'extra "phone"' in caught.value.remedy


@pytest.mark.parametrize("refuses", [False, True])
async def test_nothing_of_what_it_logs_reaches_our_log(
    mailbox: Mailbox, refuses: bool, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    set_up(2)
    mailbox.refuses = refuses
    made = to(mailbox.url + "&name=canary-name")
    notice = replace(NOTICE, title="canary-title", text="canary-text")
    try:
        await made.send(notice, None)
    except ChannelFailed:
        assert refuses
    logging.getLogger("apprise").warning("canary-warning")
    assert "canary" not in "".join([*capfd.readouterr(), caplog.text])


def test_the_kind_is_cheap_to_load() -> None:
    """The library is loaded with the first notice."""

    script = (
        "import sys, kepthour.channels.apprise, kepthour.channels.ntfy as n; print('apprise' in sys.modules, "
    )
    script += "'niquests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "False"


async def test_of_two_targets_the_one_that_refuses_is_tried_again_alone(tmp_path: Path) -> None:
    with Mailbox() as well, Mailbox() as ill:
        day = Day(tmp_path, "2026-03-02 09:40", TWO)
        targets = {"screen": to(well.url), "phone": to(ill.url)}
        day.pump = Pump(
            day.app,
            day.app.dispatcher(targets, lambda: None),
            Asker(day.app, lambda: None),
            lambda _leap: None,
        )
        day.put("one", "2026-03-02T10:00:00")
        day.sync()
        ill.refuses = True
        await day.until("2026-03-02 09:45:10")
        assert ill.received == []
        ill.refuses = False
        await day.until("2026-03-02 09:56")
    assert [subject.removeprefix("Session at 10:00 starts in ") for subject, _text in well.texts()] == [
        "20 min", "15 min", "5 min",
    ]  # fmt: skip
    late, last = [subject.removeprefix("Session at 10:00 starts in ") for subject, _text in ill.texts()]
    assert late.startswith("14 min")  # the newest only
    assert last == "5 min"
