"""What the editors say, in the reader's language: their own words by what they call them, and the fields' labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.core.i18n import localized
from app.studio.diff import Difference

FIELDS = {
    "id": lazy_gettext("Id"),
    "name": lazy_gettext("Name (English)"),
    "label.zh_Hant": lazy_gettext("Name (Chinese)"),
    "role": lazy_gettext("Role"),
    "form": lazy_gettext("Form"),
    "due": lazy_gettext("Due after, e.g. P2D"),
    "due_on": lazy_gettext("Due on (expression)"),
    "warn_before": lazy_gettext("Remind so long before, e.g. PT4H"),
    "escalate_after": lazy_gettext("Escalate so long after, e.g. P1D"),
    "escalate_to": lazy_gettext("Escalate to"),
    "reassign_after": lazy_gettext("Hand over so long after, e.g. P2D"),
    "reassign_to": lazy_gettext("Hand over to"),
    "amount": lazy_gettext("Amount (expression)"),
    "summary": lazy_gettext("Summary (expression)"),
    "document": lazy_gettext("Document (expression)"),
    "candidate": lazy_gettext("Only this person (expression)"),
    "separate_from": lazy_gettext("Not by who did (task ids)"),
    "result": lazy_gettext("Result variable"),
    "step": lazy_gettext("Production step"),
    "correlation": lazy_gettext("Whose message (expression)"),
    "payload": lazy_gettext("Variables sent along"),
    "operator": lazy_gettext("Operator"),
    "script": lazy_gettext("Assignments, one a line"),
    "calledElement": lazy_gettext("Called process"),
    "decision": lazy_gettext("Decision"),
    "messageRef": lazy_gettext("Message"),
    "signalRef": lazy_gettext("Signal"),
    "errorRef": lazy_gettext("Error code"),
    "escalationRef": lazy_gettext("Escalation code"),
    "link": lazy_gettext("Link"),
    "timeDuration": lazy_gettext("After (duration or expression)"),
    "timeDate": lazy_gettext("At (date or expression)"),
    "condition": lazy_gettext("Condition"),
    "default": lazy_gettext("Default way"),
    "loopCardinality": lazy_gettext("Number of repetitions"),
    "inputDataItem": lazy_gettext("Name of the item"),
}

EDITOR = {
    "Activate hand tool": lazy_gettext("Move the canvas"),
    "Activate lasso tool": lazy_gettext("Choose several"),
    "Activate create/remove space tool": lazy_gettext("Make or take room"),
    "Activate global connect tool": lazy_gettext("Connect elements"),
    "Create start event": lazy_gettext("Add a start event"),
    "Create intermediate/boundary event": lazy_gettext("Add an event on the way or a border"),
    "Create end event": lazy_gettext("Add an end event"),
    "Create gateway": lazy_gettext("Add a gateway"),
    "Create task": lazy_gettext("Add a task"),
    "Create expanded sub-process": lazy_gettext("Add a subprocess"),
    "Create data object reference": lazy_gettext("Add a data object (not run)"),
    "Create data store reference": lazy_gettext("Add a data store (not run)"),
    "Create pool/participant": lazy_gettext("Add a pool"),
    "Create group": lazy_gettext("Add a group"),
    "Append end event": lazy_gettext("Append an end event"),
    "Append gateway": lazy_gettext("Append a gateway"),
    "Append task": lazy_gettext("Append a task"),
    "Append intermediate/boundary event": lazy_gettext("Append an event"),
    "Append text annotation": lazy_gettext("Append a note"),
    "Add text annotation": lazy_gettext("Append a note"),
    "Change element": lazy_gettext("Change the kind"),
    "Change type": lazy_gettext("Change the kind"),
    "Delete": lazy_gettext("Delete"),
    "Remove": lazy_gettext("Delete"),
    "Connect to other element": lazy_gettext("Connect with another element"),
    "Connect using sequence/message flow or association": lazy_gettext("Connect with another element"),
    "Set color": lazy_gettext("Colour"),
    "User task": lazy_gettext("User task"),
    "Manual task": lazy_gettext("Manual task"),
    "Service task": lazy_gettext("Service task"),
    "Script task": lazy_gettext("Script task"),
    "Send task": lazy_gettext("Send task"),
    "Receive task": lazy_gettext("Receive task"),
    "Business rule task": lazy_gettext("Business rule task"),
    "Call activity": lazy_gettext("Call activity"),
    "Task": lazy_gettext("Task without a kind (not run)"),
    "Transaction": lazy_gettext("Transaction"),
    "Event sub-process": lazy_gettext("Event subprocess"),
    "Sub-process (collapsed)": lazy_gettext("Subprocess, folded"),
    "Sub-process (expanded)": lazy_gettext("Subprocess, open"),
    "Exclusive gateway": lazy_gettext("Exclusive gateway"),
    "Parallel gateway": lazy_gettext("Parallel gateway"),
    "Inclusive gateway": lazy_gettext("Inclusive gateway"),
    "Event-based gateway": lazy_gettext("Event-based gateway"),
    "Complex gateway": lazy_gettext("Complex gateway (not run)"),
    "Parallel multi-instance": lazy_gettext("Repeat side by side"),
    "Sequential multi-instance": lazy_gettext("Repeat one after the other"),
    "Loop": lazy_gettext("Loop (not run)"),
    "Start event": lazy_gettext("Start event"),
    "End event": lazy_gettext("End event"),
    "Message start event": lazy_gettext("Message start event"),
    "Signal start event": lazy_gettext("Signal start event"),
    "Message intermediate catch event": lazy_gettext("Wait for a message"),
    "Message intermediate throw event": lazy_gettext("Send a message"),
    "Timer intermediate catch event": lazy_gettext("Wait for a time"),
    "Signal intermediate catch event": lazy_gettext("Wait for a signal"),
    "Signal intermediate throw event": lazy_gettext("Send a signal"),
    "Escalation intermediate throw event": lazy_gettext("Escalate"),
    "Link intermediate catch event": lazy_gettext("Link, arriving"),
    "Link intermediate throw event": lazy_gettext("Link, leaving"),
    "Message boundary event": lazy_gettext("Message on the border"),
    "Message boundary event (non-interrupting)": lazy_gettext("Message on the border, not interrupting"),
    "Timer boundary event": lazy_gettext("Timer on the border"),
    "Timer boundary event (non-interrupting)": lazy_gettext("Timer on the border, not interrupting"),
    "Error boundary event": lazy_gettext("Error on the border"),
    "Escalation boundary event": lazy_gettext("Escalation on the border"),
    "Signal boundary event": lazy_gettext("Signal on the border"),
    "Message end event": lazy_gettext("End with a message"),
    "Error end event": lazy_gettext("End with an error"),
    "Signal end event": lazy_gettext("End with a signal"),
    "Escalation end event": lazy_gettext("End with an escalation"),
    "Terminate end event": lazy_gettext("End everything"),
    "Default flow": lazy_gettext("Default way"),
    "Conditional flow": lazy_gettext("Way with a condition"),
    "Sequence flow": lazy_gettext("Way"),
    "bpmn:Process": lazy_gettext("Process"),
    "bpmn:UserTask": lazy_gettext("User task"),
    "bpmn:ManualTask": lazy_gettext("Manual task"),
    "bpmn:ServiceTask": lazy_gettext("Service task"),
    "bpmn:ScriptTask": lazy_gettext("Script task"),
    "bpmn:SendTask": lazy_gettext("Send task"),
    "bpmn:ReceiveTask": lazy_gettext("Receive task"),
    "bpmn:BusinessRuleTask": lazy_gettext("Business rule task"),
    "bpmn:CallActivity": lazy_gettext("Call activity"),
    "bpmn:SubProcess": lazy_gettext("Subprocess"),
    "bpmn:Transaction": lazy_gettext("Transaction"),
    "bpmn:ExclusiveGateway": lazy_gettext("Exclusive gateway"),
    "bpmn:ParallelGateway": lazy_gettext("Parallel gateway"),
    "bpmn:InclusiveGateway": lazy_gettext("Inclusive gateway"),
    "bpmn:EventBasedGateway": lazy_gettext("Event-based gateway"),
    "bpmn:StartEvent": lazy_gettext("Start event"),
    "bpmn:EndEvent": lazy_gettext("End event"),
    "bpmn:IntermediateCatchEvent": lazy_gettext("Waiting event"),
    "bpmn:IntermediateThrowEvent": lazy_gettext("Sending event"),
    "bpmn:BoundaryEvent": lazy_gettext("Event on a border"),
    "bpmn:SequenceFlow": lazy_gettext("Way"),
    "bpmn:Lane": lazy_gettext("Lane"),
    "Input": lazy_gettext("Input"),
    "Output": lazy_gettext("Output"),
    "Annotations": lazy_gettext("Notes"),
    "Hit policy:": lazy_gettext("Hit policy:"),
    "Hit policy": lazy_gettext("Hit policy"),
    "Aggregation": lazy_gettext("Aggregation"),
    "When": lazy_gettext("If"),
    "And": lazy_gettext("And"),
    "Then": lazy_gettext("Then"),
    "View DRD": lazy_gettext("What requires what"),
    "Add rule": lazy_gettext("Add a row"),
    "Add input": lazy_gettext("Add an input"),
    "Add output": lazy_gettext("Add an output"),
    "Edit decision name": lazy_gettext("Decision's name"),
}


PROPERTIES = FIELDS | {
    "name": lazy_gettext("Name (English)"),
    "due": lazy_gettext("Due after"),
    "kind": lazy_gettext("Kind"),
    "type": lazy_gettext("Kind"),
    "label": lazy_gettext("Label"),
    "title": lazy_gettext("Title"),
    "help": lazy_gettext("Help"),
    "validate": lazy_gettext("What may be typed"),
    "visible": lazy_gettext("Shown when"),
    "source": lazy_gettext("Source"),
    "sourceRef": lazy_gettext("From"),
    "targetRef": lazy_gettext("To"),
    "event": lazy_gettext("Event"),
    "script": lazy_gettext("Assignments"),
    "conditionExpression": lazy_gettext("Condition"),
    "calledDecisionId": lazy_gettext("Decision"),
    "hitPolicy": lazy_gettext("Hit policy"),
    "aggregation": lazy_gettext("Aggregation"),
    "attachedToRef": lazy_gettext("On the border of"),
    "cancelActivity": lazy_gettext("Interrupts"),
}
"""What the table of differences calls a property."""


OUTCOMES = {
    "mapped": lazy_gettext("taken over"),
    "left_out": lazy_gettext("left out"),
    "to_do": lazy_gettext("to do by hand"),
}
NOTES = {
    "operator": lazy_gettext("{value} is the operator {found}."),
    "no_operator": lazy_gettext("There is no operator {value}; choose one."),
    "decision": lazy_gettext("Decision {value} is {found}."),
    "role": lazy_gettext("Role {value}."),
    "no_role": lazy_gettext("There is no role {value}; put it into the lane of one."),
    "second_role": lazy_gettext("A task has one role; {value} was left out."),
    "fixed_person": lazy_gettext("{value} was named as the person; give a role, or an expression."),
    "form": lazy_gettext("Form {value} was made of its fields."),
    "empty_form": lazy_gettext("The file says nothing of its fields; complete the form."),
    "form_elsewhere": lazy_gettext("The form {value} did not come along."),
    "field": lazy_gettext("The field {value} has no counterpart."),
    "written_twice": lazy_gettext("{value} is filled in by several tasks; name the task where it is read."),
    "due": lazy_gettext("Due after {value}."),
    "expression": lazy_gettext("{value} is {found}"),
    "expression_to_do": lazy_gettext("{value} cannot be said in our expressions; write it anew."),
    "default": lazy_gettext("{value} is the default way."),
    "repeat": lazy_gettext("Repeats over {value}."),
    "called": lazy_gettext("Calls {value}."),
    "script": lazy_gettext("The script ({value}) holds more than assignments."),
    "output": lazy_gettext("The output {value} has no counterpart; the result variable holds everything."),
    "other_process": lazy_gettext("A file holds one process; take this one in by itself."),
    "technical": lazy_gettext("{value} tells another engine how to run it; nothing is lost."),
    "unknown": lazy_gettext("{value} has no counterpart."),
}
"""What became of a foreign file's parts."""


def notes(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """A take-over's notes as their reader reads them, what is to do first."""
    told = []
    for one in sorted(rows, key=lambda row: list(OUTCOMES)[::-1].index(row["outcome"])):
        code = f"{one['code']}_to_do" if one["outcome"] == "to_do" else one["code"]
        sentence = str(NOTES.get(code, NOTES[one["code"]]))
        told.append(
            {"element": one["element"], "outcome": one["outcome"], "word": str(OUTCOMES[one["outcome"]])}
            | {"message": sentence.format(**{"value": "", "found": ""} | one["values"])}
        )
    return told


def shown(rows: list[Difference]) -> list[Difference]:
    """Differences as their reader calls them."""
    return [
        replace(one, name=localized(dict(one.names), one.name), property=_property(one.property))
        for one in rows
    ]


def _property(name: str) -> str:
    kind, _space, rest = name.partition(" ")
    if rest and kind in ("parameter", "inputEntry", "outputEntry"):
        words = {"parameter": _("Parameter"), "inputEntry": _("Input"), "outputEntry": _("Output")}
        return f"{words[kind]} {rest}"
    return str(PROPERTIES.get(name, name))


def of_editor() -> dict[str, Any]:
    """The words as plain data for the page."""
    return {
        "fields": {key: str(word) for key, word in FIELDS.items()},
        "editor": {key: str(word) for key, word in EDITOR.items()},
        "unsaved": _("Not saved yet"),
        "right": _("Nothing is wrong."),
        "makeform": _("Make a form for this task"),
        "openform": _("Open the form"),
        "makedecision": _("Make a decision table for this step"),
        "opendecision": _("Open the decision"),
        "putstep": _("Put a step in here"),
        "putapproval": _("Put an approval in here"),
        "stepbehind": _("Put a step behind it"),
        "approvalbehind": _("Put an approval behind it"),
        "notdrawn": _("This source cannot be drawn; mend it as text."),
    }
