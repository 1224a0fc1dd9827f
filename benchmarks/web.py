"""A web server of its own on 127.0.0.1, and browsers that talk to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener

import lxml.html

from app.demo.loader import PASSWORD
from tests.scenarios.driver import Factory

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


@contextmanager
def server(settings: dict[str, str]) -> Iterator[str]:
    """Serve the application with gunicorn as ``make run`` does; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    command += ["--threads", "8", "--no-control-socket", "--log-level", "warning", "app.wsgi:app"]
    log = (Path(settings["OCTAD_FILES"]).parent / "server.log").open("wb")
    with log, subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log) as child:
        try:
            _wait(child, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()


def _wait(child: subprocess.Popen, port: int) -> None:
    """Wait until the server takes connections.

    Raises:
        RuntimeError: it ended, or does not within a minute.
    """
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("The web server did not start.")


@dataclass(frozen=True)
class Answer:
    """What the server said, and after how many seconds all of it was there."""

    status_code: int
    text: str
    seconds: float
    location: str = ""


class _Stay(HTTPRedirectHandler):
    """Follow no redirect: the answer itself is what is measured."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Browser:
    """One person's browser, signed in."""

    def __init__(self, address: str, login: str) -> None:
        self.address = address
        self.opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()), _Stay())
        page = lxml.html.fromstring(self.get("/account/login").text)
        token = page.xpath("//input[@name='csrf_token']/@value")[0]
        data = {"login": login, "password": PASSWORD, "csrf_token": token}
        answer = self.post("/account/login", data=data)
        if answer.status_code != 302:
            raise RuntimeError(f"{login} cannot sign in: {answer.status_code}")

    def get(self, path: str) -> Answer:
        return self._send(Request(self.address + path, headers={"Accept": "text/html"}))

    def post(self, path: str, data: dict[str, str], headers: dict[str, str] | None = None) -> Answer:
        body = urlencode(data).encode()
        return self._send(Request(self.address + path, body, headers or {"Accept": "text/html"}))

    def _send(self, request: Request) -> Answer:
        begun = time.perf_counter()
        try:
            with self.opener.open(request, timeout=120) as answer:
                status, text, headers = answer.status, answer.read().decode(), answer.headers
        except HTTPError as answer:
            with answer:
                status, text, headers = answer.code, answer.read().decode(), answer.headers
        return Answer(status, text, time.perf_counter() - begun, headers.get("Location", ""))


@dataclass
class People(Factory):
    """The people of the demo factory, each at a browser; keeps the time of each completed task."""

    address: str = ""
    times: list[float] = field(default_factory=list)

    def browser(self, login: str) -> Any:
        """Return a person's browser, signed in over the network."""
        if login not in self.browsers:
            self.browsers[login] = Browser(self.address, login)
        return self.browsers[login]

    def complete(self, task_id: int, login: str, fill: Any = None) -> Any:
        """Complete a task and keep how long its POST took."""
        answer = super().complete(task_id, login, fill)
        if answer.status_code == 302:
            self.times.append(answer.seconds)
        return answer
