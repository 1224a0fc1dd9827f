"""Task forms: `forms/<area>/<name>.json` read once, checked, shown by Jinja, judged by a generated schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import current_app, has_app_context
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.core.expressions import ExpressionError, evaluate
from app.core.i18n import in_language, language, localized, unit_name
from app.core.operators import SOURCES
from app.workflow.form.forms_check import Problem, check, problems_in
from app.workflow.form.forms_schema import build_schema, plain_value
from app.workflow.models import DefinitionKind, HumanTask, ProcessDefinition

__all__ = ["Form", "FormState", "Problem", "check", "load", "of_task", "open_form", "problems_in"]

ROOT = Path(__file__).parents[3] / "forms"
_KEY = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*\Z")
_cache: dict[Path, tuple[int, dict]] = {}
_cache_deployed: dict[int, tuple[str, dict]] = {}


@dataclass(frozen=True)
class Form:
    """A form as its file tells it."""

    key: str
    content: dict

    @property
    def title(self) -> str:
        """The heading in the reader's language."""
        return text(self.content.get("title"))

    @property
    def components(self) -> list[dict]:
        """Fields, facts and tables in the order they are shown."""
        return self.content.get("components", [])


def load(key: str, version_id: int | None = None) -> Form:
    """Read a form by its key, such as ``planning/review_plan``.

    Args:
        key: the form's area and name.
        version_id: the deployed version meant; otherwise the latest, or the file where none is deployed.

    Raises:
        NotFound: there is no such form.
    """
    deployed = _deployed(key, version_id)
    if deployed is not None:
        return Form(key, deployed)
    path = folder() / f"{key}.json"
    if not _KEY.match(key) or not path.is_file():
        raise NotFound("form_missing", _("There is no form {key}.").format(key=key))
    stamp = path.stat().st_mtime_ns
    if path not in _cache or _cache[path][0] != stamp:
        _cache[path] = (stamp, json.loads(path.read_text(encoding="utf-8")))
    return Form(key, _cache[path][1])


def of_task(task: HumanTask) -> Form:
    """The form of a task in the version its case runs with.

    Raises:
        NotFound: the task has no form.
    """
    return load(task.form or "", task.form_version_id)


def _deployed(key: str, version_id: int | None) -> dict | None:
    """A deployed version of a form, the latest unless one is named; None where only the file is there."""
    if not has_app_context() or "sqlalchemy" not in current_app.extensions:
        return None
    query = select(ProcessDefinition.id, ProcessDefinition.hash).where(
        ProcessDefinition.kind == DefinitionKind.FORM, ProcessDefinition.key == key
    )
    if version_id is not None:
        query = query.where(ProcessDefinition.id == version_id)
    found = db.session.execute(query.order_by(ProcessDefinition.version.desc()).limit(1)).first()
    if found is None:
        return None
    if _cache_deployed.get(found.id, ("", {}))[0] != found.hash:
        source = db.session.scalar(select(ProcessDefinition.source).where(ProcessDefinition.id == found.id))
        _cache_deployed[found.id] = (found.hash, json.loads(source or "{}"))
    return _cache_deployed[found.id][1]


def folder() -> Path:
    """Where forms are kept: the project's `forms`, unless FORMS_FOLDER says otherwise."""
    configured = current_app.config.get("FORMS_FOLDER") if has_app_context() else None
    return Path(configured) if configured else ROOT


def text(label: Any) -> str:
    """A label in the reader's language; a plain string is taken as it is."""
    return localized(dict(label)) if isinstance(label, Mapping) else str(label or "")


@dataclass
class FormState:
    """A form being filled: what it may read, what stands in it, what is wrong with it.

    ``values`` holds what the person typed, as text, so that nothing typed is lost to an error.
    """

    form: Form
    data: dict
    source: dict = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, Any] = field(default_factory=dict)
    prefilled: dict[str, Any] = field(default_factory=dict)
    _choices: dict[int, list[dict]] = field(default_factory=dict)

    def names(self) -> dict[str, Any]:
        """What an expression of this form may read; its own fields hide process data of the same name."""
        own = {}
        for component in self.form.components:
            if "key" in component:
                own[component["key"]] = plain_value(component, self.values.get(component["key"]))
        return {
            **self.source,
            **self.data,
            "data": self.data,
            "source": self.source,
            **own,
        }

    def evaluate(self, expression: Any, default: Any = None) -> Any:
        """The value of an expression, or the default where it cannot be known yet."""
        if not isinstance(expression, str):
            return expression
        try:
            return evaluate(expression, self.names())
        except ExpressionError:
            return default

    def visible(self, component: dict) -> bool:
        """Whether a component is shown now."""
        condition = component.get("visible")
        return True if condition is None else bool(self.evaluate(condition, False))

    def unit(self, component: dict) -> str:
        """The unit beside a number: an expression's value, else the word itself."""
        unit = component.get("unit")
        return text(unit) if isinstance(unit, Mapping) else unit_name(str(self.evaluate(unit, unit) or ""))

    def choices(self, component: dict) -> list[dict]:
        """The options of a choice, from the file or from its source."""
        known = self._choices.get(id(component))
        if known is None:
            values = component.get("values", [])
            known = self._called(values) if isinstance(values, Mapping) else values
            known = [
                {"value": one["value"], "label": text(one.get("label", one["value"]))} for one in known or []
            ]
            self._choices[id(component)] = known
        return known

    def _called(self, values: Mapping) -> list[dict]:
        """The options a source returns; a name that is not a source is a list the form's source holds."""
        name = values.get("source", "")
        if name in SOURCES:
            return SOURCES[name].function(**self._parameters(values.get("parameters", {})))
        return self.evaluate(name, []) or []

    def _parameters(self, parameters: Mapping) -> dict:
        """A source's arguments; a missing name is said, not guessed."""
        return {name: evaluate(str(expression), self.names()) for name, expression in parameters.items()}

    def validate(self) -> dict | None:
        """The clean data of the visible fields, or None with `errors` filled."""
        shown = [one for one in self.form.components if "key" in one and self.visible(one)]
        keys = {one["key"] for one in shown}
        hidden = {one["key"] for one in self.form.components if "key" in one} - keys
        values = {key: value for key, value in self.values.items() if key not in hidden}
        kept = [
            one["key"]
            for one in shown
            if one["type"] != "lines" and (one.get("readonly") or one.get("hidden"))
        ]
        values.update({key: self.prefilled.get(key) for key in kept})
        try:
            return build_schema(self, shown)().load(values)
        except ValidationError as error:
            self.errors = _as_text(error.messages)
            return None

    def error_list(self) -> list[tuple[str, str, str]]:
        """Every error as (id of the field, its label, sentence), in the order of the form."""
        found = []
        for component in self.form.components:
            found += _errors_of(component, self.errors.get(component.get("key", "")))
        known = {one.get("key") for one in self.form.components}
        found += [("", key, " ".join(_flat(m))) for key, m in self.errors.items() if key not in known]
        return found


def open_form(
    form: Form | str,
    data: Mapping[str, Any],
    submitted: Mapping[str, Any] | None = None,
    draft: Mapping | None = None,
) -> FormState:
    """Open a form over process data: prefilled, or as a draft or a submission left it."""
    form = load(form) if isinstance(form, str) else form
    state = FormState(form, in_language(dict(data), language()))
    name = form.content.get("source")
    if name:
        if name not in SOURCES:
            raise NotFound("source_missing", _("There is no form source {name}.").format(name=name))
        state.source = (
            SOURCES[name].function(**state._parameters(form.content.get("source_parameters", {}))) or {}
        )
    return filled(state, submitted, draft)


def filled(
    state: FormState, submitted: Mapping[str, Any] | None = None, draft: Mapping | None = None
) -> FormState:
    """Put into a form what its fields begin with, or what a draft or a submission left in them."""
    for component in state.form.components:
        if "key" in component:
            state.prefilled[component["key"]] = _prefill(state, component)
    state.values = dict(state.prefilled)
    if submitted is not None:
        state.values = dict(submitted)
    elif draft:
        state.values.update({k: v for k, v in draft.items() if k in state.prefilled})
    return state


def _prefill(state: FormState, component: dict) -> Any:
    """What stands in a field before anybody typed."""
    expression = component.get("prefill", component.get("default"))
    value = None
    if isinstance(expression, str) and expression in state.source:
        value = state.source[expression]
    elif expression is not None:
        value = state.evaluate(expression)
    if component["type"] == "lines":
        rows = [dict(row) for row in value] if isinstance(value, list | tuple) else []
        keys = [column["key"] for column in component.get("columns", [])]
        rows = [{key: _typed(row.get(key)) for key in keys} for row in rows]
        missing = int(component.get("min_rows", 0)) - len(rows)
        return rows + [{key: _default(state, component, key) for key in keys} for _row in range(missing)]
    return value if component["type"] == "checkbox" else _typed(value)


def _default(state: FormState, lines: dict, key: str) -> Any:
    """The default of a column in a new row."""
    column = next(one for one in lines["columns"] if one["key"] == key)
    return _typed(state.evaluate(column.get("default")))


def _typed(value: Any) -> Any:
    """A value as somebody would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool | dict):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "as_tuple"):
        plain = format(value, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return str(value)


def _as_text(messages: Any) -> Any:
    """marshmallow's messages with translated text."""
    if isinstance(messages, Mapping):
        return {key: _as_text(value) for key, value in messages.items()}
    return [str(one) for one in messages] if isinstance(messages, list) else [str(messages)]


def _flat(messages: Any) -> list[str]:
    """All sentences in a tree of messages."""
    if isinstance(messages, Mapping):
        return [one for value in messages.values() for one in _flat(value)]
    return [str(one) for one in messages] if isinstance(messages, list) else [str(messages)]


def _errors_of(component: dict, messages: Any) -> list[tuple[str, str, str]]:
    """The errors of one component with the ids of the inputs they belong to."""
    if not messages:
        return []
    key, label = component["key"], text(component.get("label"))
    if not isinstance(messages, Mapping):
        return [(f"f-{key}", label, " ".join(_flat(messages)))]
    found = []
    columns = {one["key"]: one for one in component.get("columns", [])}
    for row, problems in messages.items():
        if not isinstance(row, int):
            found.append((f"f-{key}", label, " ".join(_flat(problems))))
            continue
        for name, sentences in problems.items() if isinstance(problems, Mapping) else [("", problems)]:
            where = f"{label} {row + 1}"
            column = columns.get(name)
            shown = f"{where} – {text(column.get('label'))}" if column else where
            found.append(
                (
                    f"f-{key}-{row}-{name}" if column else f"f-{key}",
                    shown,
                    " ".join(_flat(sentences)),
                )
            )
    return found
