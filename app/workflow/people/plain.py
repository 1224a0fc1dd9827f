"""Tasks completed from the list: those that ask nothing, or whose draft already answers all they ask."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.core.actors import current_actor
from app.core.errors import DomainError, Forbidden
from app.workflow import queries
from app.workflow.form import forms
from app.workflow.form.forms_check import SHOWN
from app.workflow.models import HumanTask
from app.workflow.people import verbs
from app.workflow.running import instances


def complete(task: HumanTask) -> HumanTask:
    """Complete a task without opening it; nobody decides by a form's defaults.

    Raises:
        DomainError: the form asks something that no draft answers, or the draft is not whole.
        Forbidden: the person may not see the form.
    """
    if not verbs.may_read(task, current_actor()):
        raise Forbidden("not_yours", _("This task belongs to a role you do not hold."))
    return instances.complete(task.id, _answers(task))


def _answers(task: HumanTask) -> dict[str, Any]:
    """What the task's form is completed with."""
    if not task.form:
        return {}
    form = forms.of_task(task)
    asks = any(one["type"] not in SHOWN for one in form.components)
    if asks and not task.draft:
        raise DomainError("asks", _("It asks something: open it, or save a draft first."))
    judged = forms.open_form(form, queries.data_of(task), task.draft or {}, None).validate()
    if judged is None:
        raise DomainError("draft", _("Its draft is not complete: open it."))
    return judged
