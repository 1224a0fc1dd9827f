"""Diagrams and decisions that declare a document type, in every encoding, and what they would fetch."""

from __future__ import annotations

import socket

import pytest

from app.workflow import definitions
from app.workflow.drawing import diagram
from tests.workflow.diagrams import files, flows, process, script

GOOD = process("test.one", script("x", "a = 1"), flows("start -> x -> end")).decode()
HEAD, BODY = GOOD.split("<bpmn:definitions", 1)
ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
FILE = "bpmn/test/one.bpmn"


def with_type(declared: str, encoding: str = "utf-8") -> bytes:
    """A diagram that could be deployed but for its document type."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    return f"{head}<!DOCTYPE d {declared}><bpmn:definitions{BODY}".encode(encoding)


def test_the_same_diagram_without_is_accepted(app):
    assert definitions.check_files(files(GOOD.encode())).problems == []


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_diagram_that_declares_a_document_type_is_refused(app, encoding):
    problems = definitions.check_files({FILE: with_type('[<!ENTITY a "b">]', encoding)}).problems

    assert len(problems) == 1
    assert "document type" in problems[0].message or "UTF-8" in problems[0].message


def test_no_parser_resolves_what_a_document_declares(app, tmp_path):
    """Nothing is read or asked for, not even of what is refused afterwards."""
    (tmp_path / "secret.txt").write_text("secret of the house")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    outside = f'SYSTEM "http://127.0.0.1:{listener.getsockname()[1]}/x.dtd"'
    inside = f'[<!ENTITY a SYSTEM "file://{tmp_path}/secret.txt">]'
    definitions.check_files({FILE: with_type(outside)})
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()
    source = with_type(inside).replace(b"a = 1", b"a = 1&a;")
    try:
        told = "".join(diagram.read_xml(source, FILE).itertext())
    except diagram.DefinitionError as error:
        told = str(error)

    assert "secret of the house" not in told
