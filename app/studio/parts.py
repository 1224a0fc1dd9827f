"""What a diagram's task needs made: its form, or its decision table, named as the task is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from app.studio import queries, services
from app.studio.builder import uses
from app.studio.models import Change
from app.workflow.definitions import key_of
from app.workflow.language import is_name


def taken_in(change: Change, file: str, task: Mapping[str, str], diagram: str) -> None:
    """Have a task's form or decision in the change: as it is deployed, or made from nothing.

    Args:
        change: what the diagram is edited in.
        file: the form's or the decision's.
        task: the task's names (``en``, ``zh_Hant``); for a decision ``looks_at``, the expression its table is
            about, and ``output``, the variable it gives.
        diagram: the source of the diagram the task is in.
    """
    if queries.file_of(change.id, file) is not None:
        return
    deployed = queries.active_of(file)
    if deployed is not None:
        source = deployed.source
    else:
        source = form(file, task, diagram) if file.endswith(".json") else decision(file, task)
    services.save_file(change, file, source)


VERDICT = (
    {
        "key": "approve",
        "type": "checkbox",
        "label": {"en": "Approve", "zh_Hant": "核准"},
        "help": {
            "en": "Not ticked: it goes back with your reason.",
            "zh_Hant": "未勾選則退回，並請填寫理由。",
        },
    },
    {
        "key": "reason",
        "type": "textarea",
        "label": {"en": "Reason", "zh_Hant": "理由"},
        "validate": {"required": True, "maxLength": 1000},
        "visible": "not approve",
    },
)
"""What a form asks whose process goes on by ``approve``."""


def form(file: str, task: Mapping[str, str], source: str) -> str:
    """A new form with the task's name as its title; an approval's asks for the verdict the process reads.

    Args:
        file: the form's.
        task: the task's names.
        source: the diagram the task is in.
    """
    content = json.loads(services.blank(file))
    content["title"] = _named(task, key_of(file))
    if "approve" in uses.read_of(source, key_of(file)):
        content["components"] = list(VERDICT)
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def decision(file: str, task: Mapping[str, str]) -> str:
    """A new table that says yes above a limit and no up to it; the limit is still to be written."""
    key = key_of(file)
    output, looks_at = task.get("output", "").strip(), task.get("looks_at", "").strip()
    words = _named(task, key) | {
        "key": key,
        "output": output if is_name(output) else key.rpartition(".")[2],
        "label": looks_at or "amount",
        "looks_at": f"number({looks_at or 'amount'})",
    }
    written = (services.BLANK / "limit.dmn").read_text(encoding="utf-8")
    return written.format_map({name: escape(word) for name, word in words.items()})


def _named(task: Mapping[str, str], key: str) -> dict[str, str]:
    given = {name: task.get(name, "").strip() for name in ("en", "zh_Hant")}
    return {name: text or given["en"] or given["zh_Hant"] or key for name, text in given.items()}
