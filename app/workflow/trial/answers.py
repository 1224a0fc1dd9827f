"""What a test types into a task's form, judged as the form judges a person's; sources are told, never asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import DomainError
from app.core.i18n import in_language, language
from app.core.operators import SOURCES
from app.workflow.form.forms import Form, FormState, filled


class TrialState(FormState):
    """A form on the scratch database: a source's options are what the test chooses from it."""

    def _called(self, values: Mapping) -> list[dict]:
        name = values.get("source") or ""
        if name not in SOURCES:
            found = self.evaluate(name, [])
            told = [one for one in found or [] if isinstance(one, dict) and "value" in one]
            return told or self._chosen()
        return self._chosen()

    def _chosen(self) -> list[dict]:
        """Every short text somewhere in what was submitted."""
        return [{"value": one, "label": one} for one in sorted(set(_texts(self.values)))]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in _texts(part)]
    if isinstance(value, list):
        return [one for part in value for one in _texts(part)]
    return [str(value)] if isinstance(value, str | int) and not isinstance(value, bool) else []


def opened(
    key: str, content: dict, data: Mapping, source: Mapping, values: Mapping | None = None
) -> FormState:
    """A task's form over its process's data, with a made-up answer of its source."""
    known = in_language(dict(data), language())
    state = TrialState(Form(key, content), known, source=in_language(dict(source), language()))
    filled(state, values)
    for one in content.get("components", []):
        if one.get("type") == "lines" and values and not state.prefilled.get(one.get("key")):
            state.prefilled[one["key"]] = list(values.get(one["key"]) or [])
    return state


def judged(key: str, content: dict, data: Mapping, values: Mapping, source: Mapping) -> dict[str, Any]:
    """The data that the process gets.

    Raises:
        DomainError: the form would not let it through; the sentence says which field.
    """
    state = opened(key, content, data, source, values)
    clean = state.validate()
    if clean is None:
        told = "; ".join(f"{label}: {sentence}" for _id, label, sentence in state.error_list()[:3])
        raise DomainError("form", f"{key} – {told}")
    return clean
