"""Every element and event position of BPMN 2.0 that an executable process may hold.

Source: BPMN 2.0.2 (OMG formal/2013-12-09): elements of clauses 10.3 to 10.8, events of table 10.93, process
execution conformance of clause 2.2. ``CONSTRUCTS`` holds one line for each; a case of ``cases`` stands
for each line, run or refused.
"""

from __future__ import annotations

TASKS = ("abstract", "user", "manual", "service", "send", "receive", "script", "business rule")
GATEWAYS = ("exclusive", "parallel", "inclusive", "event-based", "complex")

POSITIONS: dict[str, tuple[str, ...]] = {
    "start": ("none", "message", "timer", "conditional", "signal", "multiple", "parallel multiple"),
    "start of an event subprocess, interrupting": (
        "message",
        "timer",
        "error",
        "escalation",
        "compensation",
        "conditional",
        "signal",
        "multiple",
        "parallel multiple",
    ),
    "start of an event subprocess, not interrupting": (
        "message",
        "timer",
        "escalation",
        "conditional",
        "signal",
        "multiple",
        "parallel multiple",
    ),
    "intermediate, catching": (
        "message",
        "timer",
        "conditional",
        "link",
        "signal",
        "multiple",
        "parallel multiple",
    ),
    "boundary, interrupting": (
        "message",
        "timer",
        "error",
        "escalation",
        "cancel",
        "compensation",
        "conditional",
        "signal",
        "multiple",
        "parallel multiple",
    ),
    "boundary, not interrupting": (
        "message",
        "timer",
        "escalation",
        "conditional",
        "signal",
        "multiple",
        "parallel multiple",
    ),
    "intermediate, throwing": (
        "none",
        "message",
        "escalation",
        "compensation",
        "link",
        "signal",
        "multiple",
    ),
    "end": (
        "none",
        "message",
        "error",
        "escalation",
        "cancel",
        "compensation",
        "signal",
        "terminate",
        "multiple",
    ),
}
"""The kinds of events BPMN has at each position."""

OTHERS: dict[str, tuple[str, ...]] = {
    "task": TASKS,
    "activity": ("call activity", "call of a global task", "subprocess", "ad-hoc subprocess", "transaction"),
    "marker": (
        "parallel multi-instance",
        "sequential multi-instance",
        "multi-instance with a completion condition",
        "multi-instance behaviour other than all",
        "standard loop",
        "compensation",
        "start or completion quantity",
    ),
    "gateway": (
        *GATEWAYS,
        "event-based with receive tasks",
        "event-based, starting",
        "event-based, parallel",
    ),
    "flow": ("condition behind a task", "default behind a task", "several flows out of a task"),
    "data": ("data object", "data store", "data input and output"),
    "frame": ("lane", "pool", "several pools with a message flow", "annotation and group", "choreography"),
    "joining": (
        "two tokens through an exclusive gateway",
        "a parallel gateway waits for every flow",
        "an inclusive gateway waits for what may still come",
        "several end events",
        "a way back",
    ),
}

CONSTRUCTS = {
    *(f"{area}: {name}" for area, names in OTHERS.items() for name in names),
    *(f"{position}: {kind}" for position, kinds in POSITIONS.items() for kind in kinds),
}
"""Each by its area and name, ``end: signal``."""
