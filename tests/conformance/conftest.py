"""The engine's fixtures, for the table of what runs."""

from tests.workflow.conftest import both, proven_states, test_operators, world

__all__ = ["both", "proven_states", "test_operators", "world"]
