"""Operators of the engine's tests."""

from __future__ import annotations

from collections.abc import Callable

from app.core.errors import DomainError

CALLS: list[tuple] = []


def echo(value: object = None) -> dict:
    """Return what was given."""
    CALLS.append(("echo", value))
    return {"value": value}


def refuse(code: str = "no") -> dict:
    """Say no."""
    raise DomainError(code, f"refused: {code}", field="quantity")


def crash(times: int = 1) -> dict:
    """Fail a few times, then succeed."""
    CALLS.append(("crash", times))
    if sum(1 for c in CALLS if c[0] == "crash") <= times:
        raise RuntimeError("disk on fire")
    return {"done": True}


def slow(value: int = 1) -> Callable[[], dict]:
    """Compute for long, then write."""
    CALLS.append(("slow", value))
    return lambda: {"value": value * 2}
