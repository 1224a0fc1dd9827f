"""Find one page of each kind by following the links a person is shown."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import lxml.html
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from app.accounts.views import DEMO_PASSWORD

ENOUGH = 3
"""How many pages of a kind are looked at for links: the first plan may have no orders, the second has."""
NOT_A_PAGE = {"accounts.login", "static"}


def pages_of(app: Flask, login: str, known: set[str]) -> dict[str, str]:
    """Return the address of one page per endpoint that is not known yet, as ``login`` reaches them."""
    browser = app.test_client()
    browser.post("/account/login", data={"login": login, "password": DEMO_PASSWORD})
    router, found = app.url_map.bind("localhost"), {}
    waiting, seen = ["/inbox"], set()
    visits: Counter[str] = Counter()
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        if path in seen:
            continue
        seen.add(path)
        try:
            endpoint, _values = router.match(path, method="GET")
        except HTTPException:
            raise AssertionError(f"{login} is led to {address}, which is no page") from None
        visits[endpoint] += 1
        if endpoint in NOT_A_PAGE or visits[endpoint] > (1 if endpoint in known else ENOUGH):
            continue
        links = _links(browser, address)
        if links is not None:
            found.setdefault(endpoint, path)
            waiting += links
    return {endpoint: path for endpoint, path in found.items() if endpoint not in known}


def _links(browser: FlaskClient, address: str) -> list[str] | None:
    """Return where a page leads; None where it is no whole page."""
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    if answer.mimetype != "text/html" or "<html" not in answer.text:
        return None
    links = [urlsplit(link) for link in lxml.html.fromstring(answer.text).xpath("//a/@href")]
    return [link.path for link in links if link.path.startswith("/") and not link.netloc]
