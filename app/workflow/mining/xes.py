"""Event logs in XES, IEEE 1849-2016: one trace per case, one event per completed activity.

An event is written when its activity ended (``lifecycle:transition`` complete) with when it began beside it, so
that a log replays on the diagram; with ``starts`` a start event goes before it, for tools that measure work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from xml.sax.saxutils import quoteattr

from app.workflow.mining.events import Case, Event
from app.workflow.mining.labels import Labels

EXTENSIONS = {
    "Concept": "concept",
    "Time": "time",
    "Organizational": "org",
    "Lifecycle": "lifecycle",
}


def log(
    process: str,
    name: str,
    cases: Iterable[Case],
    *,
    starts: bool = False,
    known: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The log's text, piece by piece.

    Args:
        process: its key; ``name``: what it is called.
        cases: what to tell.
        starts: a start event before each completion.
        known: what its elements are called; by default by each case's version.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849-2016" xes.features="" '
    yield 'xmlns="http://www.xes-standard.org/">\n'
    for title, prefix in EXTENSIONS.items():
        uri = f"http://www.xes-standard.org/{prefix}.xesext"
        yield f' <extension name="{title}" prefix="{prefix}" uri="{uri}"/>\n'
    yield ' <global scope="trace"><string key="concept:name" value="-"/></global>\n'
    yield ' <global scope="event"><string key="concept:name" value="-"/>'
    yield '<date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/>'
    yield '<string key="lifecycle:transition" value="complete"/></global>\n'
    yield ' <classifier name="Activity" keys="concept:name"/>\n <classifier name="Element" keys="octad:element"/>\n'
    yield f" {_string('concept:name', name)}\n {_string('octad:process', process)}\n"
    versions = Labels()
    for case in cases:
        yield _trace(case, versions.of(case.definition) if known is None else known, starts=starts)
    yield "</log>\n"


def _trace(case: Case, labels: Mapping[str, str], *, starts: bool) -> str:
    parts = [f" <trace>{_string('concept:name', f'{case.key} #{case.id}')}"]
    parts.append(_string("octad:document", case.key) + _string("octad:status", case.status))
    parts.append(
        f'<int key="octad:case" value="{case.id}"/><int key="octad:version" value="{case.version}"/>'
    )
    if case.steered:
        parts.append(_string("octad:steered", case.steered))
    if case.order_id is not None:
        parts.append(_string("octad:customer_order", f"customer_order:{case.order_id}"))
    for event in case.events:
        if event.process != case.process:
            continue
        if starts:
            parts.append(_event(event, labels, event.began, "start"))
        parts.append(_event(event, labels, event.ended, "complete"))
    return "\n".join([*parts, " </trace>\n"])


def _event(event: Event, labels: Mapping[str, str], at: datetime, transition: str) -> str:
    """One event with its standard attributes and ours."""
    told = [
        _string("concept:name", labels.get(event.element, event.name)),
        f'<date key="time:timestamp" value="{at.isoformat(timespec="milliseconds")}"/>',
        _string("lifecycle:transition", transition),
        _string("org:resource", event.resource),
        _string("org:role", event.role),
        _string("octad:element", event.element),
        _string("octad:kind", event.kind),
        f'<date key="octad:began" value="{event.began.isoformat(timespec="milliseconds")}"/>',
    ]
    if event.document:
        told.append(_string("octad:document", event.document))
    if event.decision and event.decision.get("rows"):
        told.append(_string("octad:decision", event.decision.get("decision", "")))
        told.append(_string("octad:rows", ",".join(str(row) for row in event.decision["rows"])))
    return "  <event>" + "".join(told) + "</event>"


def _string(key: str, value: str) -> str:
    return f"<string key={quoteattr(key)} value={quoteattr(_clean(value))}/>"


def _clean(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(one for one in text if one in "\t\n\r" or (ord(one) >= 32 and one not in "\ufffe\uffff"))
