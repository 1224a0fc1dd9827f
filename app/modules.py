"""Find each area's models, operators, pages and commands; adding a file is enough to be found."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

AREAS = (
    "core",
    "accounts",
    "messaging",
    "workflow",
    "masterdata",
    "inventory",
    "sales",
    "planning",
    "subcontracting",
    "purchasing",
    "scheduling",
    "shopfloor",
    "quality",
    "logistics",
    "costing",
    "reports",
    "imports",
    "studio",
)


def load(app: Flask) -> None:
    """Import every area that is there, then register its pages and its own set-up."""
    found = {area: _import(area) for area in AREAS if find_spec(f"app.{area}")}
    for modules in found.values():
        package, views = modules["__init__"], modules.get("views")
        if blueprint := getattr(views, "blueprint", None):
            app.register_blueprint(blueprint)
        if init_app := getattr(package, "init_app", None):
            init_app(app)


def _import(area: str) -> dict:
    """Import one area's package and those of its shell modules that exist."""
    modules = {"__init__": import_module(f"app.{area}")}
    for name in ("models", "queries", "services", "schemas", "views"):
        if find_spec(f"app.{area}.{name}"):
            modules[name] = import_module(f"app.{area}.{name}")
    return modules


def navigation() -> list:
    """Return the areas' navigation items in the order of the steps."""
    items: list = []
    for area in AREAS:
        if find_spec(f"app.{area}"):
            items += getattr(import_module(f"app.{area}"), "NAVIGATION", [])
    return items
