"""Webhooks: JSON posted to a declared endpoint, signed so that it knows who sends and that nothing was changed.

The name is looked up once, and the connection goes to an address that was judged: nobody who answers for the
name can lead it to a machine of the plant. No redirect is followed, no proxy asked, no answer read at length.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import time

from app.core.outbox import OutboxMessage, Refused, sender
from app.messaging.endpoints import Endpoint, declared

SECONDS = 10
LONGEST_ANSWER = 1_000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PASSING = {408, 425, 429}
"""Answers that ask to come again later (RFC 9110, 8470, 6585)."""


class Forbidden(Refused):
    """The endpoint's address is none that may be reached."""


def signature(secret: str, moment: int, body: bytes) -> str:
    """The HMAC-SHA256 (RFC 2104) over time and body, as hexadecimal digits."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def addresses(endpoint: Endpoint) -> list[str]:
    """The addresses of an endpoint's host, each judged.

    Raises:
        Forbidden: one of them is not on the public network, and the endpoint is not declared as inside.
        OSError: the name is not known now.
    """
    known = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    found = list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in known))
    for one in found:
        judged = _meant(ipaddress.ip_address(one))
        if not endpoint.inside and (not judged.is_global or judged.is_multicast):
            raise Forbidden(f"{endpoint.host} is at {one}, which is not on the public network")
        if endpoint.inside and (judged.is_multicast or judged.is_unspecified or judged.is_link_local):
            raise Forbidden(f"{endpoint.host} is at {one}, where no machine of the plant can be")
    return found


def _meant(address: Address) -> Address:
    """The address that is reached in the end: IPv6 has several ways to write, or to wrap, one of IPv4."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inside is None and address in NAT64:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address


@sender("webhook")
def send(message: OutboxMessage) -> None:
    """Post a message to its endpoint.

    Raises:
        Refused: there is no such endpoint any more, its address is not allowed, or it answered no for good.
        OSError: it cannot be reached, or asked to come again.
    """
    endpoint = declared().get(message.to)
    if endpoint is None:
        raise Refused(f"there is no endpoint {message.to}")
    told = {
        "id": message.key,
        "event": message.subject,
        "at": message.created_at.isoformat(),
        "data": message.payload["data"],
    }
    body, moment = json.dumps(told, ensure_ascii=False).encode(), int(time.time())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Host": endpoint.authority,
        "User-Agent": "Octad",
        "Idempotency-Key": message.key,
        "Octad-Signature": f"t={moment},v1={signature(endpoint.secret, moment, body)}",
    }
    status, answer = _post(endpoint, body, headers)
    if 200 <= status < 300:
        return
    words = f"{endpoint.name} answered {status}: {answer}"
    if 300 <= status < 500 and status not in PASSING:
        raise Refused(words)
    raise ConnectionError(words)


def _post(endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Post to the first of the judged addresses that takes the connection; the status and the answer's beginning."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=SECONDS)
    connection.sock = _connected(endpoint)
    try:
        connection.request("POST", endpoint.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(LONGEST_ANSWER).decode("utf-8", "replace")
    except http.client.HTTPException as error:
        raise ConnectionError(f"{endpoint.name}: {type(error).__name__} {error}") from error
    finally:
        connection.close()


def _connected(endpoint: Endpoint) -> socket.socket:
    failure: OSError = ConnectionError(f"{endpoint.host} has no address")
    for address in addresses(endpoint):
        try:
            plain = socket.create_connection((address, endpoint.port), timeout=SECONDS)
        except OSError as error:
            failure = error
            continue
        if not endpoint.secure:
            return plain
        return ssl.create_default_context().wrap_socket(plain, server_hostname=endpoint.host)
    raise failure
