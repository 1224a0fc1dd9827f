"""Pages of the studio: changes with their editors, and the versions that were deployed."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import gettext as _

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import NotFound
from app.studio import queries
from app.studio.models import Change, ChangeStatus
from app.workflow.models import ProcessDefinition

blueprint = Blueprint("studio", __name__, url_prefix="/studio")


def own_drafts() -> list[Change]:
    """The person's own drafts."""
    mine = current_actor().user_id
    return [one for one in queries.changes() if one.author_id == mine and one.status is ChangeStatus.DRAFT]


def change_of(change_id: int) -> Change:
    """A change.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(Change, change_id)
    if found is None:
        raise NotFound("change", _("There is no such change."))
    return found


def definition_of(definition_id: int) -> ProcessDefinition:
    """A version of a process, decision or form.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(ProcessDefinition, definition_id)
    if found is None:
        raise NotFound("definition", _("There is no such version."))
    return found


from app.studio.views import changes, definitions, forms, importing, trying  # noqa: E402, F401  (they declare the pages)
