"""The ntfy fake refuses what ntfy refuses, and tells what ntfy tells."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import niquests
import pytest

from tests.fakes.ntfy import Ntfy

ACTION = {"action": "http", "label": "Press", "url": "https://example.org/answers", "body": "x"}


@pytest.fixture
def server() -> Iterator[Ntfy]:
    with Ntfy() as made:
        yield made


def publish(server: Ntfy, **document: Any) -> niquests.Response:
    return niquests.post(server.url, data=json.dumps({"topic": "a", "message": "x"} | document))


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        ({"topic": "a/b"}, 400, 40009),
        ({"topic": "a" * 65}, 400, 40009),
        ({"titel": "misspelt"}, 400, 40017),
        ({"priority": 6}, 400, 40007),
        ({"priority": 0}, 400, 40007),
        ({"message": "x" * 4097}, 400, 40014),
        ({"message": "x" * 8200}, 413, 41303),
        ({"sequence_id": "a b"}, 400, 40049),
        ({"actions": [ACTION] * 4}, 400, 40018),
        ({"actions": [ACTION | {"label": ""}]}, 400, 40018),
        ({"actions": [ACTION | {"url": ""}]}, 400, 40018),
        ({"actions": [ACTION | {"action": "call"}]}, 400, 40018),
        ({"actions": [ACTION | {"method": "GET"}]}, 400, 40018),
        ({"actions": [ACTION | {"klear": True}]}, 400, 40018),
    ],
)
def test_a_message_that_will_not_do_is_refused(
    server: Ntfy, document: dict[str, Any], status: int, code: int
) -> None:
    answer = publish(server, **document)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert server.events == []


def test_a_good_message_is_published_and_heard_by_who_asks_for_what_came_after_another(server: Ntfy) -> None:
    first, second = (publish(server, actions=[ACTION] * 3, message=word).json() for word in ("one", "two"))
    polled = niquests.get(f"{server.url}/a/json?poll=1&since={first['id']}").text or ""
    assert [json.loads(line)["message"] for line in polled.splitlines()] == ["two"]
    unknown = niquests.get(f"{server.url}/a/json?poll=1&since={'0' * 12}").text or ""
    assert len(unknown.splitlines()) == 2  # as the real one: all there is
    assert niquests.get(f"{server.url}/b/json?poll=1&since=all").text in {"", None}
    assert second["event"] == "message"


@pytest.mark.parametrize(("shown", "status"), [(None, 403), ("tk_wrong", 401), ("tk_right", 200)])
def test_who_lacks_the_token_may_neither_write_nor_read(server: Ntfy, shown: str | None, status: int) -> None:
    server.token, server.open_to_write = "tk_right", {"answers"}
    headers = {"Authorization": f"Bearer {shown}"} if shown else {}
    assert niquests.get(f"{server.url}/a/json?poll=1", headers=headers).status_code == status
    assert niquests.delete(f"{server.url}/a/name", headers=headers).status_code == status
    assert niquests.post(f"{server.url}/answers", data="x", headers={}).status_code == 200
    assert niquests.get(f"{server.url}/v1/health").json() == {"healthy": True}


def test_it_runs_as_a_program() -> None:
    argv = [sys.executable, "-m", "tests.fakes.ntfy", "--port", "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        healthy = niquests.get(f"{url}/v1/health").json()
        program.kill()
    assert healthy == {"healthy": True}
