"""Small diagrams written in a few words, for tests of the engine."""

from __future__ import annotations

import re
from itertools import pairwise

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="http://octad.example">'
)


def properties(**values: str) -> str:
    """A node's properties; ``_`` before ``zh`` stands for the dot."""
    inner = "".join(f'<spiffworkflow:property name="{k}" value="{v}"/>' for k, v in values.items())
    return f"<spiffworkflow:properties>{inner}</spiffworkflow:properties>"


def extensions(*parts: str) -> str:
    """Extension elements around the parts."""
    return f"<bpmn:extensionElements>{''.join(parts)}</bpmn:extensionElements>"


def user(identifier: str, form: str = "test/free", inner: str = "", **values: str) -> str:
    """A user task."""
    body = extensions(properties(form=form, **values))
    return f'<bpmn:userTask id="{identifier}" name="{identifier}">{body}{inner}</bpmn:userTask>'


def service(identifier: str, operator: str, result: str, inner: str = "", **parameters: str) -> str:
    """A service task."""
    given = "".join(
        f'<spiffworkflow:parameter id="{k}" type="str" value="{v}"/>' for k, v in parameters.items()
    )
    call = (
        f'<spiffworkflow:serviceTaskOperator id="{operator}" resultVariable="{result}">'
        f"<spiffworkflow:parameters>{given}</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
    )
    return f'<bpmn:serviceTask id="{identifier}" name="{identifier}">{extensions(call)}{inner}</bpmn:serviceTask>'


def script(identifier: str, text: str, inner: str = "") -> str:
    """A script task."""
    return f'<bpmn:scriptTask id="{identifier}"><bpmn:script>{text}</bpmn:script>{inner}</bpmn:scriptTask>'


def node(tag: str, identifier: str, inner: str = "", **attributes: str) -> str:
    """Any other node."""
    given = "".join(f' {k}="{v}"' for k, v in attributes.items())
    return f'<bpmn:{tag} id="{identifier}"{given}>{inner}</bpmn:{tag}>'


def flows(text: str) -> str:
    """Flows from lines ``a -> b -> c`` and ``a -> b if x > 1``."""
    made, number = "", 0
    for line in filter(None, (part.strip() for part in text.splitlines())):
        path, _if, condition = line.partition(" if ")
        names = [name.strip() for name in path.split("->")]
        for source, target in pairwise(names):
            number += 1
            inner = ""
            if condition:
                escaped = condition.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                inner = f"<bpmn:conditionExpression>{escaped}</bpmn:conditionExpression>"
            made += (
                f'<bpmn:sequenceFlow id="{source}_to_{target}" sourceRef="{source}" targetRef="{target}">'
                f"{inner}</bpmn:sequenceFlow>"
            )
    return made


def lanes(**roles: str) -> str:
    """Lanes by role, each with its node ids between spaces."""
    made = ""
    for role, nodes in roles.items():
        inside = "".join(f"<bpmn:flowNodeRef>{n}</bpmn:flowNodeRef>" for n in nodes.split())
        made += f'<bpmn:lane id="lane_{role}" name="{role}">{inside}</bpmn:lane>'
    return f'<bpmn:laneSet id="lanes">{made}</bpmn:laneSet>'


def process(key: str, *parts: str, messages: tuple[str, ...] = (), errors: tuple[str, ...] = ()) -> bytes:
    """A BPMN file with one process; start and end events are there already."""
    told = "".join(f'<bpmn:message id="m_{m.replace(".", "_")}" name="{m}"/>' for m in messages)
    told += "".join(f'<bpmn:error id="e_{e}" name="{e}" errorCode="{e}"/>' for e in errors)
    body = "".join(parts)
    for tag, identifier in (("startEvent", "start"), ("endEvent", "end")):
        if f'id="{identifier}"' not in body:
            body += node(tag, identifier)
    return f'{HEAD}{told}<bpmn:process id="{key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()


def message(name: str, **attributes: str) -> str:
    """A message event definition."""
    return f'<bpmn:messageEventDefinition messageRef="m_{name.replace(".", "_")}"/>'


def timer(text: str, kind: str = "timeDuration") -> str:
    """A timer event definition."""
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"


def table(
    key: str,
    rules: list[tuple[list[str], list[str]]],
    inputs: list[str],
    outputs: list[str],
    policy: str = "FIRST",
) -> bytes:
    """A DMN file with one decision table."""

    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;")

    columns = "".join(
        f'<input id="in{n}" label="{escaped(x)}"><inputExpression><text>{escaped(x)}</text></inputExpression></input>'
        for n, x in enumerate(inputs)
    )
    columns += "".join(f'<output id="out{n}" name="{x}"/>' for n, x in enumerate(outputs))
    for number, (tests, values) in enumerate(rules):
        cells = "".join(f"<inputEntry><text>{escaped(t)}</text></inputEntry>" for t in tests)
        cells += "".join(f"<outputEntry><text>{escaped(v)}</text></outputEntry>" for v in values)
        columns += f'<rule id="rule{number}">{cells}</rule>'
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" namespace="x">'
        f'<decision id="{key}" name="{key}"><decisionTable id="t" hitPolicy="{policy}">{columns}</decisionTable>'
        "</decision></definitions>"
    ).encode()


FORM = b'{"title": {"en": "Free", "zh_Hant": "x"}, "components": [{"key": "ok", "type": "checkbox", "label": {"en": "OK", "zh_Hant": "x"}}]}'


def files(*sources: bytes, **tables: bytes) -> dict[str, bytes]:
    """Files by path, each under the place its id names, with a form for user tasks."""
    found = {"forms/test/free.json": FORM}
    for source in sources:
        key = re.search(rb'<bpmn:process id="([^"]+)"', source) or re.search(
            rb'<decision id="([^"]+)"', source
        )
        path = key[1].decode().replace(".", "/")
        found[f"bpmn/{path}.{'bpmn' if b'bpmn:process' in source else 'dmn'}"] = source
    return found
