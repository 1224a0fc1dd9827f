"""Whatever a designer writes where something is evaluated: no process, no socket, no file, no Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.core import expressions
from app.core.expressions import ExpressionError
from app.workflow import definitions
from app.workflow.decision import deciding
from app.workflow.form import forms
from app.workflow.spiff.engine import Environment
from tests.workflow.diagrams import files
from tests.workflow.escapes import ESCAPES
from tests.workflow.test_refusals import places

WATCHED = (
    "os.",
    "subprocess.",
    "socket.",
    "shutil.",
    "ctypes.",
    "pty.",
    "urllib.",
    "http.",
    "import",
    "exec",
)
_listening: list[list[str]] = []


def _watch(event: str, arguments: tuple) -> None:
    """Python's own audit of what a program does; it stays for good and listens only inside ``watched``."""
    if _listening and (event == "open" or event.startswith(WATCHED)):
        _listening[-1].append(f"{event} {arguments!r:.100}")


sys.addaudithook(_watch)


@contextmanager
def watched() -> Iterator[list[str]]:
    """The processes, sockets, files, imports and executed code of a while."""
    seen: list[str] = []
    _listening.append(seen)
    try:
        yield seen
    finally:
        _listening.pop()


def test_the_watch_sees_a_process_a_file_a_socket_and_code(tmp_path):
    import os
    import socket
    import subprocess

    with watched() as seen:
        os.system("true")
        subprocess.run(["true"], check=True)
        (tmp_path / "x").write_text("")
        socket.socket().close()
        eval("1")

    for event in ("os.system", "subprocess.Popen", "open", "socket.__new__", "exec"):
        assert any(one.startswith(event) for one in seen), event


def test_there_are_enough_attempts():
    assert len(set(ESCAPES)) >= 140


LABEL = {"en": "A", "zh_Hant": "A"}


def field(**more: Any) -> dict:
    return {"key": "a", "type": "text", "label": LABEL} | more


FORM_PLACES = {
    "visible": lambda text: field(visible=text),
    "default": lambda text: field(default=text),
    "prefill": lambda text: field(prefill=text),
    "unit": lambda text: field(type="number", unit=text),
    "minimum": lambda text: field(type="number", validate={"min": text}),
    "earliest": lambda text: field(type="date", validate={"min": text}),
    "column default": lambda text: {
        "key": "l",
        "type": "lines",
        "label": LABEL,
        "min_rows": 1,
        "columns": [field(default=text)],
    },
    "fact": lambda text: {"type": "facts", "items": [{"label": LABEL, "value": text}]},
    "table rows": lambda text: {"type": "table", "rows": text, "columns": [field()]},
    "choices": lambda text: field(type="choice", values={"source": f"source.{text}"}),
}


@pytest.mark.parametrize("place", list(places("a")))
def test_judging_a_diagram_runs_nothing(world, place):
    def judge(text: str) -> None:
        made = places(text)[place]
        definitions.check_files(files(*(made if isinstance(made, tuple) else (made,))))

    judge("a")  # what is imported on first use is imported now
    with watched() as seen:
        for text in ESCAPES:
            judge(text)

    assert seen == []


@pytest.mark.parametrize("place", list(FORM_PLACES))
def test_a_form_runs_nothing_and_shows_no_result(app, place, monkeypatch):
    monkeypatch.setattr(forms, "load", lambda _key, _version=None: forms.Form("t/t", content))
    content: dict = {}

    def fill(text: str) -> list[Any]:
        content.update(title=LABEL, components=[FORM_PLACES[place](text)])
        list(forms.problems_in(content))
        state = forms.open_form("t/t", {"b": "1"}, None)
        shown = [
            state.evaluate(text),
            state.prefilled.get("a"),
            (state.prefilled.get("l") or [{}])[0].get("a"),
        ]
        for component in content["components"]:
            shown.append(state.visible(component) and component.get("visible"))
            if component["type"] == "choice":
                shown += state.choices(component)
            if text in ESCAPES and component.get("unit") == text:
                assert state.unit(component) == text  # a word, not what it would compute
        state.validate()
        return shown

    with app.test_request_context():
        fill("b")
        with watched() as seen:
            results = [value for text in ESCAPES for value in fill(text)]

    assert seen == []
    assert {str(value) for value in results if value not in (None, "", False)} == set()


def test_a_decision_and_the_engine_run_nothing():
    def attempt(text: str) -> None:
        for act in (
            lambda: expressions.evaluate(text, {"a": 1}),
            lambda: Environment().evaluate(text, {"a": 1}),
            lambda: Environment().execute(f"b = {text}", {"a": 1}),
            lambda: deciding.decide(
                {
                    "key": "t.t",
                    "name": "T",
                    "hit_policy": "FIRST",
                    "inputs": [{"id": "i", "label": "a", "expression": text}],
                    "aggregation": None,
                    "requires": [],
                    "outputs": [{"name": "y", "values": [], "default": ""}],
                    "rules": [{"id": "r", "tests": ["-"], "outputs": [text]}],
                },
                {"a": 1},
            ),
        ):
            with pytest.raises(ExpressionError):
                act()

    attempt("__import__('os')")
    with watched() as seen:
        for text in ESCAPES:
            attempt(text)

    assert seen == []
