"""The threats, what closes each, the tests that prove it, and how each control is taken away to see them go red."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from flask import request, session
from werkzeug.datastructures import MultiDict

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Removal:
    """A control that is taken away, and the test that must fail without it."""

    control: str
    proof: str
    take_away: Patch


@dataclass(frozen=True)
class Threat:
    """A row of the table; ``own`` are tests that bring their red control with them."""

    name: str
    control: str
    removals: tuple[Removal, ...] = ()
    own: tuple[str, ...] = ()


def put(target: str, value: Any) -> Patch:
    """Put something else in a control's place."""
    return lambda patch: patch.setattr(target, value)


def burn(*_signal: object) -> None:
    """End what would go on and on, as no edge of the application can hold back."""
    pytest.fail("still at work after seconds")


def fused(target: str, seconds: float = 4) -> Patch:
    """Light a fuse when the target is called, where without the control nothing would end by itself."""

    def take_away(patch: pytest.MonkeyPatch) -> None:
        module, _dot, name = target.rpartition(".")
        call = getattr(import_module(module), name)

        def timed(*given: Any, **options: Any) -> Any:
            signal.signal(signal.SIGALRM, burn)
            signal.setitimer(signal.ITIMER_REAL, seconds, 60)  # once more: the first may be swallowed
            return call(*given, **options)

        patch.setattr(target, timed)

    return take_away


def unlimited(*limits: str) -> Patch:
    """No limits on a case; the fuse burns from its first step."""

    def take_away(patch: pytest.MonkeyPatch) -> None:
        for limit in limits:
            patch.setattr(f"app.workflow.{limit}", 10**9)
        fused("app.workflow.running.steps.advance")(patch)

    return take_away


class KeptSession:
    """A session that survives the sign-in."""

    def __getattr__(self, name: str) -> Any:
        return getattr(session, name)

    def __setitem__(self, name: str, value: object) -> None:
        session[name] = value

    def clear(self) -> None:
        """Do nothing."""


class Everything:
    """Endpoints of which none is unknown."""

    def __contains__(self, _name: object) -> bool:
        return True


def _worker_that_fetches(patch: pytest.MonkeyPatch) -> None:
    """The same worker with the library's own way of fetching."""
    import tempfile
    from pathlib import Path

    from app.reports.services import pdf

    source = pdf.WORKER.read_text(encoding="utf-8")
    changed = source.replace('allowed_protocols=("data",), allow_redirects=False', "")
    assert changed != source
    with tempfile.NamedTemporaryFile("w", suffix=".py", delete=False) as file:
        file.write(changed)
    patch.setattr(pdf, "WORKER", Path(file.name))


def _without_timeout(patch: pytest.MonkeyPatch) -> None:
    """The child may take as long as it likes; the fuse ends the waiting."""
    import subprocess

    run = subprocess.run
    patch.setattr(
        "app.reports.services.pdf.subprocess.run",
        lambda *given, **options: run(*given, **options | {"timeout": None}),
    )
    fused("app.reports.services.pdf.make", 6)(patch)


NOTHING_SENT = SimpleNamespace(form=MultiDict(), files=MultiDict())
ROUTES, ESCAPES = "tests/test_routes.py::", "tests/workflow/test_escapes.py::"
STEPS, READING = "tests/workflow/test_steps.py::", "tests/imports/test_reading.py::"
ENTRANCE, PAPERS = "tests/accounts/test_entrance.py::", "tests/reports/test_papers.py::"
CHANNELS = "tests/messaging/test_channels.py::"
CHECKPOINTS = "tests/accounts/test_checkpoints.py::"
XML, LEAKS, DUTIES = (
    "tests/threats/test_xml.py::",
    "tests/threats/test_leaks.py::",
    "tests/accounts/test_duties.py::",
)

TABLE = (
    Threat(
        "reading or completing what is not yours",
        "a policy per route, the candidate looked at in the completing transaction",
        (
            Removal(
                "rights of roles",
                ROUTES + "test_each_role_reaches_exactly_what_its_rights_name[operator]",
                put("app.core.permissions.allowed", lambda _actor, _name: True),
            ),
            Removal(
                "candidates",
                STEPS + "test_who_lacks_the_role_may_not",
                put("app.workflow.queries.why_not", lambda _task, _actor: None),
            ),
        ),
    ),
    Threat(
        "one person on both sides of an approval",
        "rules on who did what in the case, in the completing transaction",
        (
            Removal(
                "excluded steps",
                STEPS + "test_nobody_approves_what_they_asked_for",
                put("app.workflow.queries.own_steps", lambda _task, _actor: []),
            ),
        ),
        (
            DUTIES + "test_no_approval_by_who_did_the_excluded_step_or_stands_in_for_them",
            DUTIES + "test_with_a_control_removed_the_machine_finds_the_way_around",
        ),
    ),
    Threat(
        "code in a diagram",
        "a small expression language, checked at deploy and again when evaluated",
        (
            Removal(
                "white list at deploy",
                "tests/workflow/test_refusals.py::test_no_python_gets_through_at_any_place[condition]",
                put("app.core.expressions._check", lambda *_given: None),
            ),
            Removal(
                "own evaluation",
                ESCAPES + "test_a_decision_and_the_engine_run_nothing",
                put("app.core.expressions.evaluate", lambda text, data: eval(text, {}, dict(data))),
            ),
        ),
    ),
    Threat(
        "endless or huge diagrams",
        "limits on steps, repetitions, depth and size of a case",
        (
            Removal(
                "most steps",
                STEPS + "test_an_endless_loop_becomes_an_incident",
                unlimited(
                    *(
                        f"running.limits.MAX_{name}"
                        for name in ("STEPS", "SECONDS", "DEPTH", "TASKS", "STATE")
                    )
                ),
            ),
            Removal(
                "most repetitions",
                STEPS + "test_a_million_repetitions_become_an_incident",
                unlimited(
                    "spiff.engine.MAX_REPEATS",
                    *(f"running.limits.MAX_{name}" for name in ("STEPS", "SECONDS", "TASKS")),
                ),
            ),
        ),
    ),
    Threat(
        "XML attacks",
        "UTF-8 only, no document type, no entities, no network",
        (
            Removal(
                "no document type",
                XML + "test_a_diagram_that_declares_a_document_type_is_refused",
                put("app.workflow.drawing.diagram.refuse_document_type", lambda *_given: None),
            ),
            Removal(
                "entities and network",
                XML + "test_no_parser_resolves_what_a_document_declares",
                lambda patch: [
                    put("app.workflow.drawing.diagram.SAFE", {"resolve_entities": True, "load_dtd": True})(
                        patch
                    ),
                    put("app.workflow.drawing.diagram.refuse_document_type", lambda *_given: None)(patch),
                ],
            ),
        ),
    ),
    Threat(
        "script through names, comments, forms and files",
        "templates escape everything, nothing is called safe, a policy for browsers on every answer",
        (
            Removal(
                "escaping",
                "tests/test_markup.py::test_what_is_wrong_with_what_was_sent_shows_it_as_text[2]",
                put("flask.Flask.select_jinja_autoescape", lambda _app, _name: False),
            ),
            Removal(
                "the policy for browsers",
                ROUTES + "test_errors_carry_the_headers_too",
                put("app.core.edge.POLICY", "default-src *"),
            ),
        ),
        ("tests/test_markup.py::test_markup_stays_text_on_every_page",),
    ),
    Threat(
        "formulas in exports",
        "an apostrophe before what looks like one in CSV, typed cells in XLSX",
        (
            Removal(
                "the apostrophe",
                READING + "test_a_csv_export_holds_no_formula_and_its_numbers_stay_numbers",
                put("app.core.exports.safe_cell", lambda text: text),
            ),
        ),
        (READING + "test_an_xlsx_export_types_text_as_text_and_numbers_as_numbers",),
    ),
    Threat(
        "requests and bombs out of PDF",
        "a child process that fetches data: only, with limits on time, memory and length",
        (
            Removal(
                "nothing fetched",
                PAPERS + "test_the_worker_fetches_nothing",
                _worker_that_fetches,
            ),
            Removal(
                "limit on time",
                PAPERS + "test_a_bomb_ends_in_time",
                _without_timeout,
            ),
        ),
    ),
    Threat(
        "forged requests, planted sessions, guessed passwords",
        "token and origin on every unsafe request, a new session at sign-in, tries counted in the database",
        (
            Removal(
                "the token",
                ROUTES + "test_an_unsafe_request_without_our_token_is_refused_and_changes_nothing",
                put("app.accounts.sessions.csrf.protect", lambda: None),
            ),
            Removal(
                "the origin",
                ROUTES + "test_an_unsafe_request_from_another_site_is_refused_and_changes_nothing[null]",
                put("app.accounts.sessions.urlsplit", lambda _origin: SimpleNamespace(netloc=request.host)),
            ),
            Removal(
                "the new session",
                ENTRANCE + "test_signing_in_makes_a_new_session_and_out_ends_it",
                put("app.accounts.views.session", KeptSession()),
            ),
            Removal(
                "counted tries",
                ENTRANCE + "test_the_eleventh_wrong_try_waits_even_with_the_right_password",
                put("app.accounts.services.entrance.TRIES_PER_ACCOUNT", 10**6),
            ),
            Removal(
                "tries counted one by one",
                ENTRANCE + "test_an_address_that_tries_many_names_waits",
                put("app.accounts.services.entrance.TRIES_PER_ADDRESS", 10**6),
            ),
        ),
    ),
    Threat(
        "fields nobody asked for",
        "every writing route declares its fields and refuses others",
        (
            Removal(
                "declared fields",
                ROUTES + "test_a_field_too_many_is_refused_and_changes_nothing",
                put("app.core.inputs.request", NOTHING_SENT),
            ),
        ),
    ),
    Threat(
        "bombs and tricks in files and texts",
        "limits on size, rows and unpacked size; no entities; no control characters; stored by hash",
        (
            Removal(
                "no entities in workbooks",
                READING + "test_a_workbook_whose_parts_declare_entities_is_refused",
                put("app.imports.reading._refuse_entities", lambda _parts: None),
            ),
            Removal(
                "unpacked size",
                "tests/threats/test_uploads.py::test_a_small_workbook_that_unpacks_to_much_is_refused",
                put("app.imports.reading.MAX_BYTES", 10**12),
            ),
            Removal(
                "rows",
                "tests/threats/test_uploads.py::test_a_file_with_rows_without_end_is_refused",
                put("app.imports.reading.MAX_ROWS", 10**9),
            ),
            Removal(
                "no hidden characters",
                ROUTES
                + "test_text_that_hides_something_or_never_ends_is_refused_in_every_field[en-sentences0-bidi]",
                put("app.core.inputs._refuse_unsafe", lambda *_given: None),
            ),
        ),
    ),
    Threat(
        "costs shown to the shop floor",
        "prices and costs have rights of their own, which the shop floor lacks",
        (),
        (LEAKS + "test_the_shop_floor_receives_no_money", LEAKS + "test_without_rights_it_would"),
    ),
    Threat(
        "a rewritten audit trail",
        "entries chained by hashes, checkpoints signed with a key outside the database, a copy of these elsewhere",
        (
            Removal(
                "signatures",
                CHECKPOINTS + "test_checkpoints_that_changed_places_do_not_fit",
                put("app.core.audit_check._Check._signatures", lambda _check: None),
            ),
            Removal(
                "the copy",
                CHECKPOINTS + "test_an_end_that_was_cut_off_with_its_checkpoints_is_found_by_the_copy",
                put("app.core.audit_check._Check._copy", lambda _check: None),
            ),
        ),
        (
            CHECKPOINTS + "test_a_chain_rewritten_with_right_hashes_is_found_and_the_place_is_named",
            CHECKPOINTS + "test_without_checkpoints_the_same_is_not_found",
        ),
    ),
    Threat(
        "requests into the plant's network, and more receivers, through what processes send",
        "endpoints from a file alone, every address judged and used as judged, no redirect; addresses without a break",
        (
            Removal(
                "addresses judged",
                CHANNELS + "test_a_public_name_cannot_lead_to_a_machine_inside[127.0.0.1]",
                put("app.messaging.webhook.addresses", lambda endpoint: ["127.0.0.1"]),
            ),
            Removal(
                "wrapped addresses",
                CHANNELS + "test_a_public_name_cannot_lead_to_a_machine_inside[64:ff9b::7f00:1]",
                put("app.messaging.webhook._meant", lambda address: address),
            ),
            Removal(
                "endpoints declared",
                CHANNELS + "test_an_endpoint_nobody_declared_is_refused",
                put("app.messaging.endpoints.declared", Everything),
            ),
            Removal(
                "addresses without a break",
                CHANNELS + "test_an_address_cannot_add_a_header_or_another_receiver",
                put("app.core.inputs.ADDRESS", re.compile("")),
            ),
        ),
        (CHANNELS + "test_the_connection_goes_to_the_address_that_was_judged",),
    ),
)
