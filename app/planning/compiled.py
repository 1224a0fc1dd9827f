"""Loops over arrays: machine code where numba is there, else run as they stand, to the same numbers. Pure.

What is kept on disk is made anew when its own file changes, not for a kernel of another file: a file of kernels
calls none of another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

try:
    from numba import njit
except ImportError:  # the same functions, interpreted
    njit = None  # type: ignore[assignment]

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers; it lets other threads run meanwhile and is kept on disk."""
    if njit is None:
        return function
    compiled: Any
    try:
        compiled = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # nowhere to keep it: each process compiles its own
        compiled = njit(nogil=True)(function)
    return compiled
