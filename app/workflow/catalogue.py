"""What diagrams may refer to by name: processes, decisions, forms, operators, events, roles."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.core.events import EVENTS
from app.core.operators import OPERATORS, Operator
from app.core.permissions import ROLES


@dataclass
class Catalogue:
    """The names known where a diagram is checked."""

    processes: set[str] = field(default_factory=set)
    decisions: set[str] = field(default_factory=set)
    forms: set[str] = field(default_factory=set)
    operators: dict[str, Operator] = field(default_factory=lambda: OPERATORS)
    events: set[str] = field(default_factory=lambda: set(EVENTS))
    roles: set[str] = field(default_factory=lambda: set(ROLES))
