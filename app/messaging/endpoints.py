"""The endpoints that webhooks may go to: declared in a file by who runs Octad, never in a diagram."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

SHORTEST_SECRET = 32


class BadEndpoints(ValueError):
    """The file of endpoints is not what it should be; the text names the entry."""


@dataclass(frozen=True)
class Endpoint:
    """Where a webhook goes; ``inside``: a machine of the plant, whose address is not on the public network."""

    name: str
    url: str
    secret: str
    inside: bool = False

    @property
    def host(self) -> str:
        """The host to talk to."""
        return urlsplit(self.url).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return urlsplit(self.url).scheme == "https"

    @property
    def port(self) -> int:
        """The port to talk to."""
        return urlsplit(self.url).port or (443 if self.secure else 80)

    @property
    def authority(self) -> str:
        """Host and port as the other side is addressed."""
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        """What is asked for: path and query."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def declared() -> dict[str, Endpoint]:
    """The endpoints by name.

    Raises:
        BadEndpoints: the file cannot be read or says something else.
    """
    path = current_app.config["WEBHOOKS"]
    return read(Path(path)) if path else {}


def read(path: Path) -> dict[str, Endpoint]:
    """Read a file of endpoints: ``[name]`` with ``url``, ``secret`` and, for a machine inside, ``inside = true``.

    Raises:
        BadEndpoints: it cannot be read, or an entry is wrong.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadEndpoints(f"{path}: {error}") from error
    return {name: _endpoint(name, given) for name, given in content.items()}


def _endpoint(name: str, given: object) -> Endpoint:
    if not isinstance(given, dict) or given.keys() - {"url", "secret", "inside"}:
        raise BadEndpoints(f"[{name}] takes url, secret and inside")
    made = Endpoint(
        name, str(given.get("url", "")), str(given.get("secret", "")), given.get("inside") is True
    )
    try:
        parts, _port = urlsplit(made.url), made.port
    except ValueError as error:
        raise BadEndpoints(f"[{name}] url: {error}") from error
    if parts.scheme not in ("https", "http") or not made.host or parts.username or parts.fragment:
        raise BadEndpoints(f"[{name}] url is no address such as https://erp.example.com/octad")
    if any(ord(sign) <= 32 or ord(sign) > 126 for sign in made.url):
        raise BadEndpoints(f"[{name}] url holds a space or a letter outside ASCII")
    if parts.scheme == "http" and not made.inside:
        raise BadEndpoints(f"[{name}] url must begin with https:// unless inside = true")
    if len(made.secret) < SHORTEST_SECRET:
        raise BadEndpoints(f"[{name}] secret needs {SHORTEST_SECRET} letters: openssl rand -hex 32")
    return made
