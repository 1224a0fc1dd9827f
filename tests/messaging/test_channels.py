"""E-mails and webhooks arrive as they were written, and go nowhere they may not."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
import socket

import pytest

from app.accounts import services as accounts
from app.accounts.models import User
from app.config import SettingError
from app.core import outbox
from app.core.db import db
from app.core.errors import DomainError
from app.core.outbox import Letter, OutboxMessage, Refused
from app.messaging import endpoints, mail, services, webhook
from tests.messaging.servers import mail_server, web_server

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def post(app):
    """A mail server that is set."""
    with mail_server() as got:
        app.config |= {"MAIL_SERVER": f"127.0.0.1:{got.port}", "MAIL_SECURITY": "none"}
        app.config |= {"MAIL_FROM": "Octad <octad@example.com>"}
        yield got


@pytest.fixture
def hooks(app, tmp_path):
    """A web server that is declared as a machine of the plant."""
    with web_server() as got:
        declare(app, tmp_path, f"http://127.0.0.1:{got.port}/hook?a=1", inside=True)
        yield got


def declare(app, folder, url, *, inside=False):
    text = f'[erp]\nurl = "{url}"\nsecret = "{SECRET}"\ninside = {str(inside).lower()}\n'
    (folder / "hooks.toml").write_text(text)
    app.config["WEBHOOKS"] = str(folder / "hooks.toml")


def person(login, language=None, address=None, role="buyer"):
    made = accounts.create_user(login, {"en": login}, {role}, "a long password")
    made.email, made.language = address, language
    db.session.flush()
    return made


def only():
    return db.session.scalar(db.select(OutboxMessage).execution_options(populate_existing=True))


def letters(got):
    return [email.message_from_bytes(one, policy=email.policy.default) for one in got.letters]


def test_everybody_of_a_role_reads_it_in_their_language(post):
    person("wu", "zh_Hant_TW", "wu@example.com")
    person("li", "en", "li@example.com")
    person("chen", "en", None)
    person("ho", "en", "ho@example.com", role="planner")

    services.send_mail(
        "Late", "Steel is late.", role="buyer", subject_zh_hant="遲交", text_zh_hant="鋼材遲交。"
    )
    db.session.commit()
    outbox.work()

    found = {one["To"]: (one["Subject"], one.get_content().strip()) for one in letters(post)}
    assert found == {"wu@example.com": ("遲交", "鋼材遲交。"), "li@example.com": ("Late", "Steel is late.")}


def test_a_letter_sent_again_has_the_same_id(post):
    services.send_mail("Late", "Steel is late.", address="them@example.com")
    db.session.commit()
    outbox.work()
    db.session.execute(db.update(OutboxMessage).values(status=Letter.WAITING))
    db.session.commit()
    outbox.work()

    assert [one["Message-ID"] for one in letters(post)] == [f"<{only().key}@example.com>"] * 2


@pytest.mark.parametrize(
    "address",
    ["them@example.com\nBcc: all@example.com", "a@b, c@d", "no address", "<x@y.z>", "a@b\r\n\r\nHi"],
)
def test_an_address_cannot_add_a_header_or_another_receiver(post, address):
    with pytest.raises(DomainError, match="no e-mail address"):
        services.send_mail("Late", "Steel is late.", address=address)


def test_a_subject_cannot_add_a_header(post):
    services.send_mail("Late\r\nBcc: all@example.com", "Steel is late.", address="them@example.com")
    db.session.commit()
    outbox.work()

    (letter,) = letters(post)
    assert (letter["Bcc"], letter["Subject"]) == (None, "Late Bcc: all@example.com")


def test_what_reached_the_outbox_otherwise_cannot_either(app):
    message = outbox.put("mail", "them@example.com", "Late\nBcc: all@example.com", {"text": "x"})
    db.session.flush()

    with pytest.raises(Refused):
        mail.letter(message, "octad@example.com")


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"550 unknown", Letter.DEAD), (b"451 later", Letter.WAITING), (b"250 ok", Letter.SENT)],
)
def test_a_mail_server_s_no_is_for_good_or_for_now(post, answer, status):
    post.answers.append(answer)
    services.send_mail("Late", "Steel is late.", address="them@example.com")
    db.session.commit()
    outbox.work()

    assert only().status == status


def test_without_a_mail_server_a_process_is_told_and_nothing_is_lost_silently(app):
    with pytest.raises(DomainError, match="OCTAD_MAIL_SERVER"):
        services.send_mail("Late", "Steel is late.", address="them@example.com")


def test_nobody_with_an_address_is_said(post):
    person("wu")
    with pytest.raises(DomainError, match="Nobody"):
        services.send_mail("Late", "Steel is late.", role="buyer")
    assert db.session.scalar(db.select(db.func.count(User.id))) == 1


def test_a_webhook_is_signed_over_time_and_body(hooks):
    services.post_webhook("erp", "order.delivered", {"order": 7, "名": "鋼"})
    db.session.commit()
    outbox.work()

    ((path, headers, body),) = hooks.posts
    told = json.loads(body)
    moment, given = (part.partition("=")[2] for part in headers["Octad-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert (path, given, told["event"]) == ("/hook?a=1", expected, "order.delivered")
    assert (told["data"], told["id"]) == ({"order": 7, "名": "鋼"}, headers["Idempotency-Key"])
    assert only().status == Letter.SENT
    assert SECRET not in json.dumps(only().payload)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (200, Letter.SENT),
        (404, Letter.DEAD),
        (429, Letter.WAITING),
        (503, Letter.WAITING),
        (302, Letter.DEAD),
    ],
)
def test_an_answer_is_taken_for_good_or_for_now(hooks, answer, status):
    hooks.answers.append(answer)
    services.post_webhook("erp", "order.delivered")
    db.session.commit()
    outbox.work()

    assert only().status == status


def test_a_redirect_is_not_followed(hooks):
    with web_server() as elsewhere:
        hooks.answers.append((307, f"http://127.0.0.1:{elsewhere.port}/"))
        services.post_webhook("erp", "order.delivered")
        db.session.commit()
        outbox.work()

        assert (elsewhere.posts, only().status) == ([], Letter.DEAD)


def test_an_endpoint_nobody_declared_is_refused(hooks):
    with pytest.raises(DomainError, match="no endpoint"):
        services.post_webhook("http://127.0.0.1/", "order.delivered")


INSIDE = [
    "127.0.0.1",
    "10.0.0.5",
    "192.168.1.1",
    "172.16.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_a_public_name_cannot_lead_to_a_machine_inside(app, tmp_path, monkeypatch, address):
    """Whoever answers for the name says where it is; the second address of two is judged as well."""
    declare(app, tmp_path, "https://erp.example.com/hook")
    known = [(0, 0, 0, "", (one, 443)) for one in ("93.184.216.34", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: known)
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("connected"))
    services.post_webhook("erp", "order.delivered")
    db.session.commit()
    outbox.work()

    assert only().status == Letter.DEAD and "not on the public network" in only().error


def test_the_connection_goes_to_the_address_that_was_judged(app, tmp_path, monkeypatch):
    """The name is asked for once: a second answer could be another."""
    declare(app, tmp_path, "https://erp.example.com/hook")
    asked, tried = [], []

    def known(*_given, **_options):
        asked.append(1)
        return [(0, 0, 0, "", ("93.184.216.34" if len(asked) == 1 else "127.0.0.1", 443))]

    def connect(address, **_options):
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", known)
    monkeypatch.setattr(socket, "create_connection", connect)
    services.post_webhook("erp", "order.delivered")
    db.session.commit()
    outbox.work()

    assert (len(asked), tried) == (1, [("93.184.216.34", 443)])


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1"])
def test_a_machine_inside_is_still_no_link_and_no_group(app, tmp_path, monkeypatch, address):
    declare(app, tmp_path, "http://erp.plant/hook", inside=True)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", (address, 80))])

    with pytest.raises(webhook.Forbidden):
        webhook.addresses(endpoints.declared()["erp"])


@pytest.mark.parametrize(
    "entry",
    [
        'url = "http://erp.example.com/"\nsecret = "{s}"',
        'url = "ftp://erp.example.com/"\nsecret = "{s}"',
        'url = "https://user:word@erp.example.com/"\nsecret = "{s}"',
        'url = "https://erp.example.com/ x"\nsecret = "{s}"',
        'url = "https://erp.example.com:99999/"\nsecret = "{s}"',
        'url = "https://erp.example.com/"\nsecret = "short"',
        'url = "https://erp.example.com/"\nsecret = "{s}"\nheaders = "x"',
        'url = "/hook"\nsecret = "{s}"',
        "url = 1",
        "[",
    ],
)
def test_a_wrong_entry_is_named_when_octad_starts(tmp_path, entry):
    from app import create_app

    (tmp_path / "hooks.toml").write_text(f"[erp]\n{entry.replace('{s}', SECRET)}\n")

    with pytest.raises(SettingError, match="OCTAD_WEBHOOKS"):
        create_app({"TESTING": True, "DATABASE_URL": "sqlite://", "WEBHOOKS": str(tmp_path / "hooks.toml")})
