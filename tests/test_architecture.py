"""The rules of the tree: pure calculations, short files, names that lead from diagram to code."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from lxml import etree

from app import create_app
from app.core import expressions
from app.core.operators import OPERATORS, SOURCES, Operator
from app.core.permissions import PERMISSIONS, ROLES
from app.modules import AREAS
from app.workflow import definitions
from tests import purity

ROOT = Path(__file__).resolve().parents[1]
STEPS = (
    "planning",
    "subcontracting",
    "purchasing",
    "scheduling",
    "shopfloor",
    "quality",
    "logistics",
    "costing",
)
TRADE = ("masterdata", "inventory", "sales", *STEPS)
SHELL = {"__init__", "models", "queries", "services", "schemas", "views"}
OF_JSON = {"str", "int", "bool", "list", "dict"}
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"

CALCULATIONS = sorted(
    path for area in TRADE for path in (ROOT / "app" / area).glob("*.py") if path.stem not in SHELL
)
SOURCES_OF_CODE = sorted(path for path in (ROOT / "app").rglob("*.py") if "versions" not in path.parts)
DIAGRAMS = sorted((ROOT / "bpmn").rglob("*.bpmn"))


def named(path: Path) -> str:
    """A file's path for the test's name."""
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    """The module a file of the application is imported as."""
    return "app." + ".".join(path.relative_to(ROOT / "app").with_suffix("").parts)


PURE = {module_of(path) for path in CALCULATIONS}


def imported(path: Path) -> set[str]:
    """Every name a file of the application imports, in full."""
    return set(purity.imports(ast.parse(path.read_text(encoding="utf-8")), module_of(path)))


def test_there_are_calculations_in_every_step():
    assert {path.parent.name for path in CALCULATIONS} >= set(STEPS) | {"inventory", "masterdata"}


@pytest.mark.parametrize("path", CALCULATIONS, ids=named)
def test_a_calculation_knows_no_database_web_clock_file_or_chance(path):
    assert purity.offences(path.read_text(encoding="utf-8"), module_of(path), PURE) == []


@pytest.mark.parametrize(
    ("source", "offence"),
    [
        ("from app import create_app", "imports app.create_app"),
        ("import app", "imports app"),
        ("from app.core import db", "imports app.core.db"),
        ("from app.core.clock import today", "imports app.core.clock.today"),
        ("from app.planning import services", "imports app.planning.services"),
        ("from app.planning.queries import basis", "imports app.planning.queries.basis"),
        ("from . import models", "imports app.planning.models"),
        ("from .. import jobs", "imports app.jobs"),
        ("from app.costing import rollup", "imports app.costing.rollup"),
        ("from app.costing.rollup import roll", "imports app.costing.rollup.roll"),
        ("from app.masterdata.explosion import explode", "imports app.masterdata.explosion.explode"),
        ("from ortools.sat.python import cp_model", "imports ortools.sat.python.cp_model"),
        ("import sqlalchemy as sa", "imports sqlalchemy"),
        ("from flask_babel import gettext", "imports flask_babel.gettext"),
        ("import os.path", "imports os.path"),
        ("from pathlib import Path", "imports pathlib.Path"),
        ("import random", "imports random"),
        ("from time import time", "imports time.time"),
        ("def f():\n    import socket", "imports socket"),
        ("from numpy.random import default_rng", "imports numpy.random.default_rng"),
        ("from numpy import random", "imports numpy.random"),
        ("import numpy as np\nx = np.random.default_rng()", "asks chance: .random"),
        ("from datetime import datetime\nx = datetime.now()", "asks the clock: .now"),
        ("from datetime import date\nx = list(map(date.today, []))", "asks the clock: .today"),
        ("x = open('x')", "calls open"),
        ("read = open", "calls open"),
        ("x = eval('1')", "calls eval"),
        ("x = __import__('os')", "calls __import__"),
        ("def f():\n    global seen\n    seen = 1", "keeps state: global seen"),
    ],
)
def test_what_is_not_pure_is_named(source, offence):
    assert purity.offences(source, "app.planning.lot_sizing", PURE) == [offence]


def test_what_is_pure_is_let_through():
    source = """
from datetime import date, timedelta
import numpy as np
from app.core.money import round_money
from app.core import units
from app.planning import mps
from app.planning.mps import plan
from . import pegging
"""
    assert purity.offences(source, "app.planning.lot_sizing", PURE) == []
    assert purity.offences("from ortools.sat.python import cp_model", "app.scheduling.job_shop", PURE) == []


def test_a_kernel_calls_none_of_another_file():
    """What the compiler keeps on disk is made anew only when its own file changes."""
    kernels = {path for path in CALCULATIONS if "@kernel" in path.read_text(encoding="utf-8")}

    assert kernels
    for path in kernels:
        foreign = {module_of(other) for other in kernels - {path}}
        assert not {name for name in imported(path) if name.rpartition(".")[0] in foreign | {"app.planning"}}


def test_only_the_workflow_knows_the_engine():
    users = {
        path.relative_to(ROOT / "app").parts[0]
        for path in SOURCES_OF_CODE
        if any(one.startswith("SpiffWorkflow") for one in imported(path))
    }

    assert users == {"workflow"}


def test_services_and_operators_leave_the_commit_to_the_edge():
    committing = [
        named(path)
        for area in TRADE
        for path in (ROOT / "app" / area).rglob("*.py")
        if "db.session.commit()" in path.read_text(encoding="utf-8")
        and path.name not in ("views.py", "__init__.py")  # the edges: pages and commands
    ]

    assert committing == []


def test_functions_stay_short():
    long = [
        f"{named(path)}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in SOURCES_OF_CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 60
    ]

    assert long == []


LONGEST_FILE = 300
LONG = {
    "app/costing/layers.py": "FIFO and moving average, one method beside the other",
    "app/imports/specs.py": "a table: each file's columns and what they mean",
    "app/inventory/services/ledger.py": "every way to write a stock move, so that nobody else does",
    "app/planning/views.py": "pages of the plan, one short function each",
    "app/purchasing/services/orders.py": "the life of a purchase order",
    "app/purchasing/views/__init__.py": "pages of the purchase order, one short function each",
    "app/quality/services/nonconformances.py": "the life of a nonconformance",
    "app/quality/views/__init__.py": "pages of inspections and nonconformances, one short function each",
    "app/subcontracting/queries/forms.py": "what the step's forms read, one source each",
    "app/subcontracting/services/orders.py": "the life of a subcontract order",
    "app/subcontracting/services/receipts.py": "material out, goods back and what is left over",
    "app/workflow/form/forms.py": "a form's state from its file to its data",
}
"""Files over the bound, each with the one subject that keeps it together; no other joins them."""


def test_files_stay_short():
    long = {
        named(path): lines
        for path in SOURCES_OF_CODE
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }

    assert {path: lines for path, lines in long.items() if path not in LONG or lines > 400} == {}


def test_no_python_is_evaluated_from_text():
    evaluating = [
        named(path)
        for path in SOURCES_OF_CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec")
    ]

    assert evaluating == []


def test_every_area_of_the_tree_is_loaded():
    packages = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}

    assert packages - {"demo", "imports", "migrations"} <= set(AREAS)


@pytest.fixture(scope="module")
def loaded() -> Flask:
    """The application with every area's operators declared."""
    return create_app({"TESTING": True, "DATABASE_URL": "sqlite://"})


def test_an_operator_is_the_address_of_a_function(loaded):
    for name, entry in {**OPERATORS, **SOURCES}.items():
        area, _, function = name.partition(".")
        module = sys.modules[f"app.{area}.{'services' if name in OPERATORS else 'queries'}"]
        assert entry.function.__name__ == function
        assert getattr(module, function, None) is entry.function, f"{name} is not found at its address"
        assert entry.description, f"{name} has no description"


def loose(entry: Operator) -> list[str]:
    """The parameters and the result of an operator whose annotation is no type that JSON has."""
    result = inspect.signature(entry.function).return_annotation
    return [
        f"{name}: {annotation}"
        for name, annotation in {
            **{name: one.annotation for name, one in entry.parameters.items()},
            "return": result,
        }.items()
        if not _of_json(annotation) or (name == "return" and not str(annotation).startswith(("dict", "list")))
    ]


def _of_json(annotation: object) -> bool:
    """Whether every alternative of an annotation is a type that JSON has, or None."""
    alternatives = [one.strip() for one in str(annotation).split("|")] if isinstance(annotation, str) else []
    plain = [re.sub(r"\[.*", "", one) for one in alternatives]
    return bool(plain) and set(plain) <= OF_JSON | {"None"} and plain != ["None"]


def test_what_crosses_process_data_has_a_type_that_json_has(loaded):
    entries = {**OPERATORS, **SOURCES}.items()

    assert {name: found for name, entry in entries if (found := loose(entry))} == {}


@pytest.mark.parametrize(
    ("signature", "found"),
    [
        ("(site) -> dict", ["site: <class 'inspect._empty'>"]),
        ("(site: Any) -> dict", ["site: Any"]),
        ("(site: Site) -> dict", ["site: Site"]),
        ("(day: date | None = None) -> dict", ["day: date | None"]),
        ("(amount: Decimal) -> dict", ["amount: Decimal"]),
        ("(*ids: int) -> Any", ["return: Any"]),
        ("(site: str)", ["return: <class 'inspect._empty'>"]),
        ("(site: str, lines: list[dict[str, Any]] | None = None) -> dict[str, Any]", []),
    ],
)
def test_a_looser_type_is_named(signature, found):
    names: dict = {}
    exec(f"from __future__ import annotations\ndef made{signature}: ...", names)

    assert loose(Operator("test.made", names["made"])) == found


def given_wrongly(path: Path) -> list[str]:
    """What a diagram's service tasks pass that their operator does not take, or leave out."""
    found = []
    for task in etree.parse(path).iter(f"{SPIFF}serviceTaskOperator"):
        entry = OPERATORS[task.get("id")]
        given = {one.get("id"): one.get("value") for one in task.iter(f"{SPIFF}parameter")}
        found += [f"{entry.name}: no parameter {name}" for name in given.keys() - entry.parameters.keys()]
        found += [f"{entry.name}: {name} is missing" for name in entry.required - given.keys()]
        for name in given.keys() & entry.parameters.keys():
            kinds = str(entry.parameters[name].annotation)
            if (constant := _constant(given[name])) is not None and type(constant).__name__ not in kinds:
                found.append(f"{entry.name}: {name} = {constant!r} is not {kinds}")
    return found


def _constant(expression: str) -> object:
    """The value of an expression that reads no data, as JSON keeps it; else None."""
    if expressions.check(expression):
        return None
    value = expressions.evaluate(expression, {})
    return str(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("path", DIAGRAMS, ids=named)
def test_a_service_task_gives_what_its_operator_takes(loaded, path):
    assert given_wrongly(path) == []


def test_a_wrong_parameter_is_named(loaded, tmp_path):
    source = (ROOT / "bpmn/planning/plan_supply.bpmn").read_text(encoding="utf-8")
    tree = etree.fromstring(source.encode())
    task = next(
        one for one in tree.iter(f"{SPIFF}serviceTaskOperator") if one.get("id") == "planning.run_mrp"
    )
    parameters = task.find(f"{SPIFF}parameters")
    for old in list(parameters):
        parameters.remove(old)
    etree.SubElement(parameters, f"{SPIFF}parameter", id="sight", value="site")
    etree.SubElement(parameters, f"{SPIFF}parameter", id="weeks", value="'26'")
    path = tmp_path / "plan_supply.bpmn"
    path.write_bytes(etree.tostring(tree))

    assert sorted(given_wrongly(path)) == [
        "planning.run_mrp: no parameter sight",
        "planning.run_mrp: site is missing",
        "planning.run_mrp: weeks = '26' is not int",
    ]


@pytest.mark.parametrize("path", DIAGRAMS, ids=named)
def test_a_process_is_the_address_of_its_file(path):
    tree = etree.parse(path)

    assert [one.get("id") for one in tree.iter(f"{BPMN}process")] == [f"{path.parent.name}.{path.stem}"]


def test_every_operator_and_form_is_used_and_every_used_one_exists(loaded):
    operators, forms, lanes = set(), set(), set()
    for path in DIAGRAMS:
        tree = etree.parse(path)
        operators |= {one.get("id") for one in tree.iter(f"{SPIFF}serviceTaskOperator")}
        lanes |= {one.get("name") for one in tree.iter(f"{BPMN}lane")}
        forms |= {one.get("value") for one in tree.iter(f"{SPIFF}property") if one.get("name") == "form"}
    files = {f"{path.parent.name}/{path.stem}" for path in (ROOT / "forms").rglob("*.json")}

    assert operators - OPERATORS.keys() == set()
    assert forms - files == set()
    assert files - forms == set(), "a form nobody sees"
    assert lanes - ROLES.keys() - {"system"} == set()


def test_the_files_can_be_deployed_as_they_are(loaded):
    with loaded.app_context():
        bundle = definitions.check_folder()
    assert (bundle.problems, bundle.hints) == ([], [])


def test_a_permission_is_a_resource_and_an_action_held_by_somebody(loaded):
    for name, entry in PERMISSIONS.items():
        resource, _, action = name.partition(":")
        assert resource.isidentifier() and action.isidentifier(), name
        assert entry.roles and entry.meaning, name


OWN_SCHEMA = {  # judged by the form
    "workflow.complete",
    "workflow.draft",
    "api.Complete",
    "studio.try_form",
    "studio.play_change",
    "studio.play_version",
}


def test_every_writing_route_declares_the_fields_it_takes(loaded):
    """``@takes(…)`` of app.core.inputs: what else is sent is refused."""
    missing = {
        rule.endpoint
        for rule in loaded.url_map.iter_rules()
        if rule.methods - {"GET", "HEAD", "OPTIONS"}
        and not hasattr(loaded.view_functions[rule.endpoint], "fields")
    }

    assert missing == OWN_SCHEMA
