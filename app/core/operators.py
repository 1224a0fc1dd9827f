"""What a diagram's service task may call and what a form may read.

``@operator`` on ``app/planning/services.py:run_mrp`` offers it to process
designers as ``planning.run_mrp``; ``@source`` on a query offers it to forms the
same way. The name is never written twice, so searching for either half finds
the other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operator:
    """A function that diagrams or forms may call by name."""

    name: str
    function: Callable[..., Any]
    background: bool = False

    @property
    def description(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The function's parameters by name."""
        return dict(inspect.signature(self.function).parameters)

    @property
    def required(self) -> set[str]:
        """The parameters without a default."""
        return {n for n, p in self.parameters.items() if p.default is inspect.Parameter.empty}


OPERATORS: dict[str, Operator] = {}
SOURCES: dict[str, Operator] = {}


def operator(function: F | None = None, *, background: bool = False) -> Any:
    """Offer a function to service tasks, under ``<area>.<function name>``.

    ``background``: the runner computes it outside the write transaction.
    """
    if function is None:
        return lambda inner: _register(OPERATORS, inner, background=background)
    return _register(OPERATORS, function, background=background)


def source(function: F) -> F:
    """Offer a query to forms, under ``<area>.<function name>``."""
    return _register(SOURCES, function)


def describe(registry: dict[str, Operator] = OPERATORS) -> list[dict[str, Any]]:
    """List a registry for process designers: name, first docstring line, parameters."""
    return [
        {"name": entry.name, "description": entry.description, "parameters": list(entry.parameters)}
        for _name, entry in sorted(registry.items())
    ]


def _register(registry: dict[str, Operator], function: F, *, background: bool = False) -> F:
    name = f"{function.__module__.split('.')[1]}.{function.__name__}"
    known = registry.get(name)
    if known and known.function.__module__ != function.__module__:
        raise ValueError(f"{name} is declared in {known.function.__module__} and {function.__module__}")
    registry[name] = Operator(name, function, background)
    return function
