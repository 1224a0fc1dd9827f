"""The JSON API: the same services as the pages, described by OpenAPI."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from flask.views import MethodView
from flask_babel import gettext as _
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.permissions import permission, requires
from app.workflow import queries
from app.workflow.form import forms
from app.workflow.models import HumanTask, ProcessDefinition, ProcessInstance, TaskStatus
from app.workflow.people import attachments, inbox
from app.workflow.running import instances

API_USE = permission("api:use", "use the JSON API within one's own rights", roles="*")
API_PROCESSES = permission(
    "api:processes", "list processes over the JSON API", roles=("process_designer", "plant_manager", "admin")
)

blueprint = Blueprint("api", __name__, url_prefix="/api/v1", description="Tasks, instances and definitions.")


class TaskSchema(Schema):
    """A task as programs see it."""

    id = fields.Integer()
    name = fields.String()
    process = fields.String()
    element = fields.String()
    role = fields.String()
    owner_name = fields.String(allow_none=True)
    summary = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    step = fields.Integer(allow_none=True)
    form = fields.String(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    status = fields.Enum(TaskStatus, by_value=True)


class TaskQuery(Schema):
    """Which tasks are asked for."""

    view = fields.String(load_default="todo", validate=validate.OneOf(list(inbox.VIEWS)))
    q = fields.String(load_default="", validate=validate.Length(max=100))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


class CompleteSchema(Schema):
    """The form's values as a person would type them."""

    values = fields.Dict(keys=fields.String(), load_default=dict)


class InstanceSchema(Schema):
    """A process instance as programs see it."""

    id = fields.Integer()
    process = fields.String()
    business_key = fields.String()
    status = fields.String()
    started_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


class DefinitionSchema(Schema):
    """A deployed definition as programs see it."""

    key = fields.String()
    kind = fields.String()
    version = fields.Integer()
    name = fields.String()
    hash = fields.String()
    deployed_at = fields.AwareDateTime()


class PageQuery(Schema):
    """Which page is asked for."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


@blueprint.route("/tasks")
class Tasks(MethodView):
    """The caller's inbox."""

    @requires(API_USE)
    @blueprint.arguments(TaskQuery, location="query")
    @blueprint.response(200, TaskSchema(many=True))
    def get(self, query: dict[str, Any]) -> list[HumanTask]:
        """List the tasks of one filter of the inbox."""
        wanted = inbox.wanted(query["view"], query["q"], "due", None)
        return inbox.found(current_actor(), wanted, query["page"])[0]


@blueprint.route("/tasks/<int:task_id>/complete")
class Complete(MethodView):
    """Completing a task."""

    @requires(API_USE)
    @blueprint.arguments(CompleteSchema)
    @blueprint.response(200, TaskSchema)
    def post(self, body: dict[str, Any], task_id: int) -> HumanTask:
        """Complete a task with the values of its form; `Idempotency-Key` makes a repetition harmless."""
        from app.workflow.views.task_page import visible_task

        found = visible_task(task_id, current_actor())
        clean: dict[str, Any] = {}
        if found.form and found.status == TaskStatus.OPEN:
            typed = _typed(body["values"])
            attachments.refuse_foreign(forms.of_task(found), typed)
            state = forms.open_form(forms.of_task(found), queries.data_of(found), typed)
            judged = state.validate()
            if judged is None:
                label, sentence = next(
                    ((b, c) for _a, b, c in state.error_list()), ("", _("Please check the form."))
                )
                raise DomainError("invalid", f"{label}: {sentence}", field=next(iter(state.errors), None))
            clean = judged
        key = request.headers.get("Idempotency-Key", "")[:100]
        owned = f"api:{current_actor().user_id}:{task_id}:{key}" if key else None
        return instances.complete(task_id, clean, idempotency_key=owned)


@blueprint.route("/instances")
class Instances(MethodView):
    """Process instances."""

    @requires(API_PROCESSES)
    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, InstanceSchema(many=True))
    def get(self, query: dict[str, Any]) -> list[ProcessInstance]:
        """List process instances, the latest first."""
        offset = (query["page"] - 1) * inbox.PER_PAGE
        rows = (
            select(ProcessInstance).order_by(ProcessInstance.id.desc()).limit(inbox.PER_PAGE).offset(offset)
        )
        return list(db.session.scalars(rows))


@blueprint.route("/definitions")
class Definitions(MethodView):
    """Deployed definitions."""

    @requires(API_PROCESSES)
    @blueprint.response(200, DefinitionSchema(many=True))
    def get(self) -> list[ProcessDefinition]:
        """List every deployed version of every process and decision."""
        return list(db.session.scalars(select(ProcessDefinition).order_by(ProcessDefinition.key).limit(1000)))


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """JSON numbers as text, so that they pass the same judge as typed ones; floats that are exact enough."""
    typed: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, list):
            typed[key] = [_typed(row) if isinstance(row, dict) else row for row in value]
        else:
            typed[key] = (
                str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
            )
    return typed


def init_app(app: Flask) -> None:
    """Serve the API and its description."""
    app.config.setdefault("API_TITLE", "Octad")
    app.config.setdefault("API_VERSION", "v1")
    app.config.setdefault("OPENAPI_VERSION", "3.1.0")
    Api(app).register_blueprint(blueprint)
