"""The ringer with players that make no sound: what it starts, what it says when it cannot ring, and when it ends."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import wave
from array import array
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from kepthour.channels import sound
from kepthour.channels.sound import channel as channel_module
from kepthour.channels.sound import players, ringing
from kepthour.channels.sound.channel import Sound
from kepthour.channels.sound.tone import tone
from kepthour.core.errors import NeedsPerson
from kepthour.core.ladder import Urgency
from kepthour.core.notice import Showing
from kepthour.core.notices import check_notice, store_notice, store_works_notice
from kepthour.core.tongue import ENGLISH
from kepthour.core.words.text import Show
from kepthour.ports import ChannelFailed
from tests.sound.test_real_servers import NOTICE, OTHER
from tests.support.day import BERLIN
from tests.support.players import Stubs
from tests.support.world import eventually

HOW = Showing(BERLIN, Show.TIME, ENGLISH)


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stubs:
    """Nothing else is installed; there is no sound theme, and no sound card."""
    made = Stubs(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(made.folder))
    monkeypatch.setattr(channel_module, "THEME", [])
    monkeypatch.setattr(players, "CARDS", tmp_path / "no-cards")
    return made


def made(**options: object) -> Sound:
    return sound.make("bell", sound.Options.model_validate(options))


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def refusal(channel: Sound) -> str:
    with pytest.raises(ChannelFailed) as refused:
        await channel.send(NOTICE, None)
    await channel.close()
    assert refused.value.remedy
    assert "Session at" not in str(refused.value)
    return refused.value.code


async def test_the_first_player_that_works_is_the_one(stubs: Stubs) -> None:
    stubs.broken("pw-play")
    stubs.player("paplay")
    stubs.player("aplay")
    stubs.pipewire()
    channel = made()
    await channel.send(NOTICE, None)
    assert [words[0] for words in stubs.played()] == ["pw-play", "paplay"]
    await channel.close()


async def test_a_player_that_its_server_does_not_let_through_is_given_up(
    stubs: Stubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringing, "_HEARD_WITHIN_SECONDS", 0.2)
    stubs.player("pw-play")
    stubs.player("aplay")
    stubs.pipewire(state="suspended")
    channel = made()
    await channel.send(NOTICE, None)
    assert [words[0] for words in stubs.played()] == ["pw-play", "aplay"]
    assert gone(stubs.processes()[0])
    await channel.close()


@pytest.mark.parametrize(
    ("installed", "code"),
    [
        ([], "no-player"),
        (["pw-play", "paplay", "aplay"], "no-sound-server"),
        (["aplay"], "no-sound-server"),
        (["pw-play", "pw-dump"], "unplayable"),
    ],
)
async def test_it_says_why_it_cannot_ring(installed: list[str], code: str, stubs: Stubs) -> None:
    for name in set(installed) - {"pw-dump"}:
        stubs.broken(name)
    if "pw-dump" in installed:
        stubs.pipewire()
    assert await refusal(made()) == code


@pytest.mark.parametrize(
    ("installed", "card", "code"),
    [
        ([], True, "no-player"),
        (["pw-play"], True, "no-sound-server"),
        (["aplay"], False, "no-sound-server"),
        (["aplay"], True, None),
        (["pw-play", "pw-dump"], False, None),
    ],
)
async def test_a_probe_finds_it_out_without_a_sound(
    installed: list[str],
    card: bool,
    code: str | None,
    stubs: Stubs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in set(installed) - {"pw-dump"}:
        stubs.player(name)
    if "pw-dump" in installed:
        stubs.pipewire()
    if card:
        (tmp_path / "snd").mkdir()
        (tmp_path / "snd/pcmC0D0p").touch()
        monkeypatch.setattr(players, "CARDS", tmp_path / "snd")
    found = None
    try:
        await made().probe()
    except ChannelFailed as error:
        found = error.code
    assert found == code
    assert stubs.played() == []


async def test_a_probe_misses_the_chosen_file_for_which_a_tone_would_ring(
    stubs: Stubs, tmp_path: Path
) -> None:
    stubs.player("pw-play")
    stubs.pipewire()
    channel = made(file=tmp_path / "nowhere.ogg")
    with pytest.raises(ChannelFailed) as missed:
        await channel.probe()
    await channel.send(NOTICE, None)
    await channel.close()
    assert missed.value.code == "unplayable"
    assert stubs.played()[0][-1].startswith("/proc/self/fd/")


@pytest.mark.parametrize(("player", "volume"), [("pw-play", "--volume=0.500"), ("paplay", "--volume=32768")])
async def test_a_player_is_told_file_and_volume(
    player: str, volume: str, stubs: Stubs, tmp_path: Path
) -> None:
    (tmp_path / "bell.ogg").touch()
    stubs.player(player)
    stubs.pipewire()
    channel = made(file=tmp_path / "bell.ogg", volume=0.5)
    await channel.send(NOTICE, None)
    await channel.close()
    assert volume in stubs.played()[0]
    assert stubs.played()[0][-1] == str(tmp_path / "bell.ogg")


@pytest.mark.parametrize(("name", "own"), [("bell.ogg", True), ("bell.WAV", False)])
async def test_alsa_gets_a_tone_instead_of_what_it_cannot_read(
    name: str, own: bool, stubs: Stubs, tmp_path: Path
) -> None:
    (tmp_path / name).touch()
    stubs.player("aplay")
    channel = made(file=tmp_path / name)
    await channel.send(NOTICE, None)
    await channel.close()
    assert stubs.played()[0][-1].startswith("/proc/self/fd/") is own


async def test_a_file_that_cannot_be_looked_at_costs_no_ringing(stubs: Stubs, tmp_path: Path) -> None:
    stubs.player("pw-play")
    channel = made(file=tmp_path / ("x" * 300))
    await channel.send(NOTICE, None)
    await channel.close()
    assert stubs.played()


async def test_it_rings_if_nobody_can_tell_whether_a_microphone_is_in_use(
    stubs: Stubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kepthour.streams._SECONDS", 0.05)
    stubs.player("pw-play")
    stubs.pipewire(seconds=60)
    channel = made()
    await channel.send(NOTICE, None)
    assert len(stubs.played()) == 1
    await channel.close()


async def test_closing_ends_what_rings_and_what_is_about_to(stubs: Stubs) -> None:
    stubs.player("pw-play")
    stubs.pipewire(state="suspended")
    channel = made()
    sending = asyncio.create_task(channel.send(NOTICE, None))
    await asyncio.to_thread(eventually, stubs.played, "a player that is not heard yet")
    stubs.pipewire()
    await channel.close()
    await sending
    assert all(gone(pid) for pid in stubs.processes())


async def test_a_send_that_is_given_up_leaves_no_player(stubs: Stubs) -> None:
    stubs.player("pw-play")
    stubs.pipewire(state="suspended")
    channel = made()
    sending = asyncio.create_task(channel.send(NOTICE, None))
    await asyncio.to_thread(eventually, stubs.played, "a player that is not heard yet")
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert all(gone(pid) for pid in stubs.processes())
    await channel.close()


async def test_a_player_that_does_not_heed_is_killed(stubs: Stubs) -> None:
    stubs.program(
        "pw-play", f"#!/bin/sh\ntrap '' TERM\necho $$ pw-play >> {stubs.folder}/played\nwhile :; do :; done\n"
    )
    stubs.pipewire()
    channel = made()
    await channel.send(NOTICE, None)
    await channel.close()
    assert all(gone(pid) for pid in stubs.processes())


async def test_a_recall_right_after_the_send_is_heeded(stubs: Stubs) -> None:
    stubs.player("pw-play")
    stubs.pipewire()
    channel = made()
    reference = await channel.send(NOTICE, None)
    assert reference is not None
    await channel.recall(reference)
    assert gone(stubs.processes()[0])
    await channel.close()


async def test_a_newer_notice_of_the_session_takes_the_place_of_the_older(stubs: Stubs) -> None:
    stubs.player("pw-play")
    stubs.pipewire()
    channel = made()
    older = await channel.send(NOTICE, None)
    newer = await channel.send(replace(NOTICE, delivery="9", rung="+1m"), older)
    assert older is not None
    assert newer is not None
    await channel.recall(older)
    assert not gone(stubs.processes()[0])
    await channel.recall(newer)
    assert gone(stubs.processes()[0])
    assert len(stubs.processes()) == 1  # one sound at a time
    await channel.close()


async def test_a_reference_of_a_process_before_is_none_of_ours(stubs: Stubs) -> None:
    stubs.player("pw-play")
    stubs.pipewire()
    first, second = made(), made()
    before = await first.send(NOTICE, None)
    await first.close()
    await second.send(NOTICE, before)
    assert before is not None
    await second.recall(before)
    assert not gone(stubs.processes()[-1])
    await second.close()


async def test_it_goes_on_after_a_round_that_failed(stubs: Stubs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringing, "_RETRY_SECONDS", 0.01)
    stubs.player("pw-play")
    stubs.pipewire()
    channel = made()
    await channel.send(NOTICE, None)
    stubs.broken("pw-play")  # the server restarts
    os.kill(stubs.processes()[0], signal.SIGKILL)
    await asyncio.to_thread(eventually, lambda: len(stubs.processes()) > 3, "rounds that fail")
    stubs.player("pw-play")
    await asyncio.to_thread(eventually, lambda: not gone(stubs.processes()[-1]), "a round that does not")
    await channel.close()


async def test_what_is_calm_and_about_no_session_only_ends_the_ringing(stubs: Stubs) -> None:
    stubs.player("pw-play")
    stubs.pipewire()
    channel = made()
    assert await channel.send(store_works_notice(HOW), None) is None
    assert stubs.played() == []
    await channel.send(store_notice(NeedsPerson("It is full.", "Make room."), HOW), None)
    await channel.send(OTHER, None)
    assert await channel.send(store_works_notice(HOW), None) is None
    assert not gone(stubs.processes()[0])  # it rings on for the session
    await channel.close()


async def test_a_test_notice_is_heard_to_its_end(stubs: Stubs) -> None:
    stubs.player("pw-play", seconds=0.5)
    stubs.pipewire()
    channel = made()
    await channel.send(check_notice(HOW), None)
    assert gone(stubs.processes()[0])
    await channel.close()


@pytest.mark.parametrize("volume", [1.0, 0.25])
def test_the_tone_is_as_loud_as_it_is_to_be_and_does_not_click(volume: float) -> None:
    with wave.open(io.BytesIO(tone(volume)), "rb") as file:
        frames = array("h", file.readframes(file.getnframes()))
        seconds = file.getnframes() / file.getframerate()
    assert max(frames) == pytest.approx(32_000 * volume, rel=0.01)
    assert max(abs(b - a) for a, b in pairwise(frames)) < 12_000 * volume
    assert 0.5 < seconds < 2


@pytest.mark.parametrize(
    "options", [{"volume": 0}, {"volume": 1.1}, {"seconds": 0}, {"seconds": 61}, {"fil": "x"}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        made(**options)


def test_it_is_for_what_is_critical_unless_it_is_told_otherwise() -> None:
    assert sound.DEFAULT_URGENCY is Urgency.CRITICAL


async def test_a_silent_word_to_who_is_with_a_client_does_not_ring(stubs: Stubs) -> None:
    """`urgency = "high"` takes the next client's `-5m`, which comes as one where sessions are back to back."""
    stubs.player("aplay")
    channel = made()
    word = replace(NOTICE, urgency=Urgency.NORMAL, discreet=True)
    assert await channel.send(word, None) is None
    assert stubs.played() == []
    await channel.close()
