"""The page docs/bpmn.md, made from the cases: `python -m tests.conformance.table > docs/bpmn.md`."""

from __future__ import annotations

import sys

from tests.conformance.cases import CASES
from tests.conformance.catalogue import OTHERS, POSITIONS

HEAD = """# What of BPMN 2.0 runs

Every element and every position of an event: it **runs**, and a test compares its trace with the
specification's, or it is **refused** at deploy, naming the element. Nothing else can be deployed. This page is
made from the tests (`python -m tests.conformance.table > docs/bpmn.md`), which fail when it is not.

How some of it runs:
an event-based gateway waits like a task with interrupting boundary events;
an event subprocess is a boundary event on the rest of its scope, and sees the data its scope has by then;
link events are joined by a flow; a transaction is a subprocess that a cancel end event leaves;
a signal reaches everybody who waits for it when it is delivered, right after the step that throws it;
an error that nobody catches is an incident, an escalation that nobody catches is forgotten, as the
specification says.
"""


def page() -> str:
    """The page's text."""
    lines = [HEAD]
    runs = {case.construct: 0 for case in CASES}
    for case in CASES:
        runs[case.construct] += case.trace is not None
    for title, groups in (("Elements", OTHERS), ("Events by position", POSITIONS)):
        lines += [f"## {title}", "| | runs | refused |", "|---|---|---|"]
        for area, names in groups.items():
            kinds = {True: [], False: []}  # type: dict[bool, list[str]]
            for name in names:
                kinds[runs[f"{area}: {name}"] > 0].append(name)
            lines.append(f"| {area} | {'; '.join(kinds[True])} | {'; '.join(kinds[False])} |")
        lines.append("")
    tested = sum(case.trace is not None for case in CASES)
    lines.append(f"{tested} traces and {len(CASES) - tested} refusals are tested.\n")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
