"""Named rights, ``resource:action``, and the policy every route declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from app.core.actors import Actor, current_actor

F = TypeVar("F", bound=Callable[..., Any])

ROLES: dict[str, dict[str, str]] = {
    "sales": {"en": "Sales", "zh_Hant": "業務"},
    "planner": {"en": "Planner", "zh_Hant": "生管"},
    "buyer": {"en": "Buyer", "zh_Hant": "採購"},
    "outsourcing": {"en": "Outsourcing", "zh_Hant": "外包"},
    "warehouse": {"en": "Warehouse", "zh_Hant": "倉管"},
    "material_head": {"en": "Head of materials", "zh_Hant": "資材課長"},
    "scheduler": {"en": "Scheduler", "zh_Hant": "排程"},
    "supervisor": {"en": "Supervisor", "zh_Hant": "現場課長"},
    "operator": {"en": "Operator", "zh_Hant": "作業員"},
    "inspector": {"en": "Inspector", "zh_Hant": "品檢"},
    "quality_manager": {"en": "Quality manager", "zh_Hant": "品保課長"},
    "engineer": {"en": "Engineer", "zh_Hant": "工程"},
    "cost_accountant": {"en": "Cost accountant", "zh_Hant": "成本會計"},
    "accounts_payable": {"en": "Accounts payable", "zh_Hant": "應付帳款"},
    "plant_manager": {"en": "Plant manager", "zh_Hant": "廠長"},
    "general_manager": {"en": "General manager", "zh_Hant": "總經理"},
    "process_designer": {"en": "Process designer", "zh_Hant": "流程設計"},
    "admin": {"en": "Administrator", "zh_Hant": "系統管理"},
}
"""The roles, which are also the lanes of the diagrams."""


@dataclass(frozen=True)
class Permission:
    """A right and the roles that hold it; ``admin`` is no exception and must be named."""

    name: str
    meaning: str
    roles: frozenset[str]


PERMISSIONS: dict[str, Permission] = {}


def permission(name: str, meaning: str, *, roles: tuple[str, ...] | str) -> str:
    """Declare a right and who holds it (``"*"``: every role). Returns its name."""
    held_by = frozenset(ROLES) if roles == "*" else frozenset(roles)
    if unknown := held_by - ROLES.keys():
        raise ValueError(f"{name}: unknown role {sorted(unknown)}")
    PERMISSIONS[name] = Permission(name, meaning, held_by)
    return name


def allowed(actor: Actor, name: str) -> bool:
    """Say whether one of the actor's roles holds the right; a deputy with limits has only their own rights."""
    return bool(PERMISSIONS[name].roles & (actor.roles if actor.rights is None else actor.rights))


def authorize(actor: Actor, name: str, thing: object | None = None) -> None:
    """Refuse unless the actor holds the right.

    Raises:
        Forbidden: the actor does not.
    """
    from flask_babel import gettext as _

    from app.core.errors import Forbidden

    if not allowed(actor, name):
        raise Forbidden("forbidden", _("You do not have the right to do this (%(right)s).", right=name))


def requires(name: str) -> Callable[[F], F]:
    """Declare a route's policy: logged in and holding the right ``name``."""

    def decorate(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            from app.core.web import login_needed

            if (answer := login_needed()) is not None:
                return answer
            authorize(current_actor(), name)
            return view(*args, **kwargs)

        guarded.policy = name  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def login_required_only(view: F) -> F:
    """Declare a route's policy: any person who is logged in; the view itself looks at ownership."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        from app.core.web import login_needed

        answer = login_needed()
        return view(*args, **kwargs) if answer is None else answer

    guarded.policy = "logged-in"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def public(view: F) -> F:
    """Declare a route's policy: everybody."""
    view.policy = "public"  # type: ignore[attr-defined]
    return view
