"""The rules of the tree: pure calculations, short files, names that lead from diagram to code."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from flask import Flask
from lxml import etree

from app import create_app
from app.core.operators import OPERATORS, SOURCES
from app.core.permissions import PERMISSIONS, ROLES
from app.modules import AREAS
from app.workflow import definitions

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
COMPUTING = {"numpy", "scipy", "numba", "ortools"}
OF_CORE = {"app.core.money", "app.core.units"}
CLOCKS = {"now", "today", "utcnow", "monotonic", "perf_counter"}
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


def imported(tree: ast.AST) -> set[str]:
    """Every module a file imports, with each name it takes from our own packages."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            own = node.module.startswith("app.") and node.module.count(".") == 1
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if own else {node.module}
    return found


def test_there_are_calculations_in_every_step():
    assert {path.parent.name for path in CALCULATIONS} >= set(STEPS) | {"inventory", "masterdata"}


@pytest.mark.parametrize("path", CALCULATIONS, ids=named)
def test_a_calculation_knows_no_database_web_or_translation(path):
    calculations = {
        "app." + ".".join(other.relative_to(ROOT / "app").with_suffix("").parts) for other in CALCULATIONS
    }
    allowed = sys.stdlib_module_names | COMPUTING | {"__future__"}
    modules = imported(ast.parse(path.read_text(encoding="utf-8")))

    foreign = {one for one in modules if one.partition(".")[0] not in allowed | {"app"}}
    ours = {one for one in modules if one.startswith("app.")}
    assert foreign == set()
    assert ours - OF_CORE - calculations == set()


@pytest.mark.parametrize("path", CALCULATIONS, ids=named)
def test_a_calculation_asks_no_clock_file_or_chance(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    functions = {call.id for call in calls if isinstance(call, ast.Name)}
    modules = {one.partition(".")[0] for one in imported(tree)}

    assert methods & CLOCKS == set()
    assert functions & {"open", "print", "input", "eval", "exec", "__import__"} == set()
    assert modules & {"os", "pathlib", "random", "socket", "subprocess", "time", "secrets", "io"} == set()


def test_only_the_workflow_knows_the_engine():
    users = {
        path.relative_to(ROOT / "app").parts[0]
        for path in SOURCES_OF_CODE
        if any(
            one.startswith("SpiffWorkflow") for one in imported(ast.parse(path.read_text(encoding="utf-8")))
        )
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
        assert definitions.check_folder() == []


def test_a_permission_is_a_resource_and_an_action_held_by_somebody(loaded):
    for name, entry in PERMISSIONS.items():
        resource, _, action = name.partition(":")
        assert resource.isidentifier() and action.isidentifier(), name
        assert entry.roles and entry.meaning, name
