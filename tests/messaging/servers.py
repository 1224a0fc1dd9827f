"""A mail server and a web server on 127.0.0.1 that keep what they are given."""

from __future__ import annotations

import http.server
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Got:
    """What a server was given, and what it answers."""

    port: int = 0
    letters: list[bytes] = field(default_factory=list)
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def answer(self, usual: Any) -> Any:
        """The next answer that was ordered, else the usual one."""
        return self.answers.pop(0) if self.answers else usual


@contextmanager
def mail_server() -> Iterator[Got]:
    """Speak as much SMTP as it takes to be handed a letter; an ordered answer is given to the recipient."""
    got = Got()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text)
                    got.letters.append(b"".join(lines))
                    self.wfile.write(b"250 taken\r\n")
                elif word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                elif word == b"RCPT":
                    self.wfile.write(got.answer(b"250 known") + b"\r\n")
                else:
                    self.wfile.write(b"250 well\r\n")
                if word == b"QUIT":
                    return

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler), got):
        yield got


@contextmanager
def web_server() -> Iterator[Got]:
    """Take every post; an ordered answer is a status, with a place to go to where it is a pair."""
    got = Got()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.posts.append((self.path, dict(self.headers), body))
            answer = got.answer(204)
            status, place = answer if isinstance(answer, tuple) else (answer, None)
            self.send_response(status)
            if place:
                self.send_header("Location", place)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler), got):
        yield got


@contextmanager
def _serving(server: Any, got: Got) -> Iterator[None]:
    got.port = server.server_address[1]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
