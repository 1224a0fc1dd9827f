"""What makes a calculation pure, as rules over its source: each names what it found."""

from __future__ import annotations

import ast
from collections.abc import Iterator

STANDARD = {
    *(
        "__future__",
        "bisect",
        "calendar",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
    ),
    *("fractions", "functools", "heapq", "itertools", "math", "operator", "re", "statistics", "string"),
    *("typing", "unicodedata"),
}
COMPUTING = {"numpy", "scipy", "numba"}
OF_CORE = {"app.core.money", "app.core.units"}
SHARED_NOUNS = {
    ("app.planning.mrp", "app.masterdata.explosion")
}  # the bill of material belongs to masterdata
CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"}
BUILTINS = {
    "open",
    "print",
    "input",
    "eval",
    "exec",
    "compile",
    "globals",
    "vars",
    "breakpoint",
    "__import__",
}


def imports(tree: ast.AST, module: str) -> Iterator[str]:
    """Every name a file imports, in full: of ``from app import x`` and ``from . import x`` too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(module.split(".")[: -node.level]) if node.level else ""
            source = ".".join(part for part in (start, node.module) if part)
            yield from (f"{source}.{alias.name}" for alias in node.names)


def offences(source: str, module: str, pure: set[str]) -> list[str]:
    """What in a calculation's source reaches outside; ``pure`` are all calculations' module names."""
    tree = ast.parse(source)
    return sorted({*_foreign_imports(tree, module, pure), *_reaching_out(tree)})


def _foreign_imports(tree: ast.AST, module: str, pure: set[str]) -> Iterator[str]:
    area = module.rpartition(".")[0]
    own = {one for one in pure if one.rpartition(".")[0] == area}
    own |= {noun for user, noun in SHARED_NOUNS if user == module}
    computing = COMPUTING | ({"ortools"} if area == "app.scheduling" else set())
    for name in imports(tree, module):
        top = name.partition(".")[0]
        inside = name in own | OF_CORE or name.rpartition(".")[0] in own | OF_CORE
        if (
            (top == "app" and not inside)
            or (top != "app" and top not in STANDARD | computing)
            or name.startswith(
                ("numpy.random", "scipy.stats.random", "numpy.load", "numpy.save", "numpy.memmap")
            )
        ):
            yield f"imports {name}"


def _reaching_out(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if node.attr in CLOCKS:
                yield f"asks the clock: .{node.attr}"
            elif node.attr == "random" or node.attr == "rvs":
                yield f"asks chance: .{node.attr}"
            elif node.attr in {"fromfile", "tofile", "loadtxt", "savetxt", "memmap"}:
                yield f"reads or writes a file: .{node.attr}"
        elif isinstance(node, ast.Name) and node.id in BUILTINS:
            yield f"calls {node.id}"
        elif isinstance(node, ast.Global):
            yield f"keeps state: global {', '.join(node.names)}"
