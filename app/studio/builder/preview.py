"""A form shown and judged as a task would show and judge it, over data made up for it or given by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.i18n import LANGUAGES, in_language, language
from app.core.operators import SOURCES
from app.studio.builder import edits, kinds, sample
from app.workflow.form.forms import Form, FormState, filled
from app.workflow.form.forms_check import FIELDS
from app.workflow.form.forms_request import submitted_values

BROKEN = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What drawing or judging a form raises that is not yet right; the deploy check says where to mend it."""


class SampleState(FormState):
    """A form over made-up data: a source's options are made up too, so that a designer sees no plant's data."""

    def _called(self, values: Mapping) -> list[dict]:
        if values.get("source") in SOURCES:
            return in_language(sample.options(), language())
        found = self.evaluate(values.get("source") or "", [])
        return [one for one in found if isinstance(one, dict) and "value" in one] if found else []


@dataclass
class Preview:
    """What the page shows of a preview: the form in one language, or why it cannot be drawn.

    ``names`` are what expressions may read of the data it is shown with.
    """

    look: str
    sample: str
    title: str = ""
    html: str = ""
    problem: str = ""
    judged: bool = False
    result: str = ""
    errors: int = 0
    left_out: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def shown(
    content: dict, look: str, given: str | None = None, sent: MultiDict[str, str] | None = None
) -> Preview:
    """Draw a form in a language; with what was sent, as it was typed, judged unless only rows were asked for.

    Args:
        look: one of the languages pages have.
        given: data to show it with as JSON, ``{"data": …, "source": …}``; without it some is made up.
        sent: what a browser sent of the drawn form.
    """
    look = look if look in LANGUAGES else next(iter(LANGUAGES))
    made_up = sample.sample(content, clock.today(), SOURCES)
    made = Preview(look, given or json.dumps(made_up, ensure_ascii=False, indent=2))
    data = made_up
    if given:
        try:
            data = _read(given)
        except ValueError as error:
            made.problem = _("The sample data is not JSON: {reason}").format(reason=error)
    components = [one for one in content.get("components") or [] if _drawable(one)]
    whole = content.get("components") or []
    made.left_out = [str(one.get("key") or one.get("type")) for one in whole if one not in components]
    form = Form("preview", {**content, "components": components})
    try:
        with force_locale(look):
            _draw(made, form, data, sent)
    except BROKEN as error:
        made.problem = _("It cannot be shown as it is: {reason}").format(reason=error)
    return made


def _draw(made: Preview, form: Form, data: dict, sent: MultiDict[str, str] | None) -> None:
    """Fill the form, judge it if it was sent for that, and render it by the tasks' own macros."""
    told = {name: in_language(dict(data.get(name) or {}), language()) for name in ("data", "source")}
    made.names = [*_names(told["data"]), *_names(told["source"], "source.")]
    typed = None if sent is None else _typed(form, sent)
    state = filled(SampleState(form, told["data"], source=told["source"]), typed)
    if typed is not None and sent is not None and not {"_add", "_remove"} & set(sent):
        made.judged = True
        clean = state.validate()
        made.errors = len(state.error_list())
        made.result = "" if clean is None else json.dumps(clean, ensure_ascii=False, indent=2, default=str)
    made.title = form.title
    made.html = Markup(render_template("studio/_form_drawn.html", state=state))  # noqa: S704  (our own template)


def _names(data: dict, prefix: str = "") -> Iterator[str]:
    """What an expression may read of some data, with dots for what stands inside."""
    for name, value in sorted(data.items()):
        if isinstance(value, dict) and value:
            yield from _names(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _typed(form: Form, sent: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed; a file counts as given by its name, for nothing is uploaded here."""
    values = submitted_values(form, sent)
    for component in form.components:
        name = values.get(component.get("key", ""))
        if component["type"] == "file" and isinstance(name, str):
            values[component["key"]] = {"id": 0, "name": name} if name else None
    return values


def _read(given: str) -> dict:
    """Sample data as somebody wrote it.

    Raises:
        ValueError: it is no JSON object of two objects.
    """
    try:
        data = json.loads(given, parse_float=Decimal)
    except RecursionError as error:
        raise ValueError(error) from None
    if not isinstance(data, dict) or edits.too_deep(data):
        raise ValueError('{"data": {}, "source": {}}')
    if not all(isinstance(data.get(n) or {}, dict) for n in ("data", "source")):
        raise ValueError('{"data": {}, "source": {}}')
    return data


def _drawable(component: dict, *, column: bool = False) -> bool:
    """Whether a component has what the tasks' macros rely on."""
    kind, key = component.get("type"), component.get("key")
    if kind not in (kinds.COLUMNS if column else kinds.USUAL):
        return False
    if kind in FIELDS and (not isinstance(key, str) or not key):
        return False
    if kind == "choice" and not component.get("values"):
        return False
    if kind == "choice" and not all("value" in one for one in edits.parts(component)):
        return False
    columns = component.get("columns") or []
    return kind != "lines" or (bool(columns) and all(_drawable(one, column=True) for one in columns))
