"""A second real CalDAV server on loopback: Xandikos' own application and sign-in, in a thread of this process.

It differs from Radicale where connectors stumble: connections stay open (HTTP/1.1), a sync token is a git tree, an
unknown one is refused with 412, and a changed member is named with its changed properties only.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from aiohttp import web
from dulwich.repo import Repo
from xandikos.htpasswd import HtpasswdFile
from xandikos.store.git import TreeGitStore
from xandikos.web import (
    WELLKNOWN_DAV_PATHS,
    RedirectDavHandler,
    SingleUserFilesystemBackend,
    XandikosApp,
    basic_auth_middleware,
)

from tests.support.dav import BY_THE_TEST, PASSWORD, USER, ask

_HOME = f"/{USER}/calendars/"
_AUTHOR = b"The tests <tests@example.org>"


class XandikosServer:
    """A DavServer; see there.

    with XandikosServer(tmp_path) as server:
        server.fill("practice", {"a.ics": text})    # one commit into its git repository: fast
        server.put("practice", "b.ics", text)       # as a client would
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder / "xandikos"
        self.log: list[str] = []
        self.password = PASSWORD
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._backend = SingleUserFilesystemBackend(str(self.folder / "data"))
        if not self.folder.exists():
            (self.folder / "data").mkdir(parents=True)
            self._backend.create_principal(f"/{USER}/")
        self._backend._mark_as_principal(f"/{USER}/")
        self.change_password(PASSWORD)

    # its life

    def start(self) -> XandikosServer:
        logging.getLogger("xandikos").setLevel(logging.CRITICAL)
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop, ready), daemon=True)
        self._thread.start()
        if not ready.wait(20):
            raise AssertionError("Xandikos did not start")
        return self

    def stop(self) -> None:
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop = None

    def __enter__(self) -> XandikosServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1)
        loop.run_until_complete(self._listen(runner))
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    async def _listen(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        self._port = runner.addresses[0][1]

    def _application(self) -> web.Application:
        main = XandikosApp(self._backend, current_user_principal=f"/{USER}/")

        async def handle(request: web.Request) -> web.StreamResponse:
            answer: web.StreamResponse = await main.aiohttp_handler(request, "/")
            return answer

        sign_in = basic_auth_middleware(HtpasswdFile(str(self.folder / "users")))
        app = web.Application(middlewares=[sign_in])
        app.on_response_prepare.append(self._note)  # before a client can have the answer, unlike a middleware
        for path in WELLKNOWN_DAV_PATHS:
            app.router.add_route("*", path, RedirectDavHandler("/").__call__)
        app.router.add_route("*", "/{path_info:.*}", handle)
        return app

    async def _note(self, request: web.Request, answer: web.StreamResponse) -> None:
        if BY_THE_TEST not in request.headers:
            self.log.append(f"{request.method} {request.path} {answer.status}")

    # where things are

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    @property
    def principal_url(self) -> str:
        return f"{self.url}{USER}/"

    def calendar_url(self, calendar: str) -> str:
        return f"{self.url[:-1]}{_HOME}{quote(calendar)}/"

    def href(self, calendar: str, name: str) -> str:
        return f"{_HOME}{quote(calendar)}/{quote(name)}"

    @property
    def requests(self) -> int:
        return len(self.log)

    # what is in it

    def make_calendar(self, calendar: str, display_name: str | None = None) -> None:
        folder = self._folder(calendar)
        store = TreeGitStore(Repo(folder)) if folder.exists() else TreeGitStore.create(str(folder))
        store.set_type("calendar")
        store.set_displayname(display_name or calendar)
        if not store.repo.has_index():
            store.repo.open_index().write()
        self._backend._open_store.cache_clear()

    def fill(self, calendar: str, texts: Mapping[str, str]) -> None:
        if not self._folder(calendar).exists():
            self.make_calendar(calendar)
        for name, text in texts.items():
            (self._folder(calendar) / name).write_bytes(text.encode("utf-8"))
        _commit(Repo(self._folder(calendar)), list(texts))

    def write(self, calendar: str, name: str, text: str) -> None:
        self.fill(calendar, {name: text})

    def put(self, calendar: str, name: str, text: str) -> None:
        if not self._folder(calendar).exists():
            self.make_calendar(calendar)
        ask(self._port, self.password, "PUT", self.href(calendar, name), text)

    def delete(self, calendar: str, name: str) -> None:
        ask(self._port, self.password, "DELETE", self.href(calendar, name))

    def remove_calendar(self, calendar: str) -> None:
        ask(self._port, self.password, "DELETE", f"{_HOME}{quote(calendar)}/")

    def forget_tokens(self, calendar: str) -> None:
        """A token is the id of a git tree; a new history has only that of today."""
        folder = self._folder(calendar)
        old = TreeGitStore(Repo(folder))
        shown = old.get_displayname()
        shutil.rmtree(folder / ".git")
        Repo.init(folder)
        self.make_calendar(calendar, shown)
        _commit(Repo(folder), [each.name for each in folder.iterdir() if each.is_file()])

    def change_password(self, password: str) -> None:
        """What Xandikos accepts from its next request on."""
        digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
        (self.folder / "users").write_text(f"{USER}:{{SHA}}{digest}\n")
        self.password = password

    def _folder(self, calendar: str) -> Path:
        return self.folder / "data" / USER / "calendars" / calendar


def _commit(repo: Repo, names: list[str]) -> None:
    tree = repo.get_worktree()
    tree.stage(names)
    tree.commit(message=b"seeded", committer=_AUTHOR, author=_AUTHOR)
