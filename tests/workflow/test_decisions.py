"""Decisions: every hit policy, aggregation and requirement; rows missing or in each other's way are told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import DomainError
from app.core.expressions import ExpressionError
from app.workflow.decision import decisions
from app.workflow.decision.deciding import decide
from app.workflow.drawing.diagram import DefinitionError

Rule = tuple[list[str], list[str]]


def table(
    rules: list[Rule],
    inputs: list[str] | None = None,
    outputs: dict[str, str] | None = None,
    *,
    policy: str = "UNIQUE",
    key: str = "test.t",
    aggregation: str = "",
    requires: str = "",
    values: str = "",
    default: str = "",
) -> str:
    """One decision with a table; ``outputs`` gives each output its values, the most important first."""
    made = ""
    for number, text in enumerate(inputs or ["amount"]):
        made += f'<input id="in{number}" label="{text}"><inputExpression><text>{escape(text)}</text></inputExpression>'
        made += f"<inputValues><text>{escape(values)}</text></inputValues></input>" if values else "</input>"
    for name, allowed in (outputs or {"y": ""}).items():
        inner = f"<outputValues><text>{escape(allowed)}</text></outputValues>" if allowed else ""
        inner += f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
        made += f'<output name="{name}">{inner}</output>'
    for number, (tests, results) in enumerate(rules, 1):
        cells = "".join(f"<inputEntry><text>{escape(t)}</text></inputEntry>" for t in tests)
        cells += "".join(f"<outputEntry><text>{escape(r)}</text></outputEntry>" for r in results)
        made += f'<rule id="r{number}">{cells}</rule>'
    adds = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decision id="{key}" name="{key}">{needs(requires)}<decisionTable hitPolicy="{policy}"{adds}>{made}</decisionTable></decision>'


def needs(keys: str) -> str:
    """Requirements of other decisions."""
    wrapped = (
        f'<informationRequirement><requiredDecision href="#{k}"/></informationRequirement>'
        for k in keys.split()
    )
    return "".join(wrapped)


def expression(key: str, text: str, requires: str = "", variable: str = "") -> str:
    """One decision with an expression."""
    named = f'<variable name="{variable}"/>' if variable else ""
    written = f"<literalExpression><text>{escape(text)}</text></literalExpression>"
    return f'<decision id="{key}">{named}{needs(requires)}{written}</decision>'


def read(*decided: str) -> dict[str, Any]:
    """What a file with these decisions holds."""
    body = "".join(decided)
    source = f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">{body}</definitions>'
    return decisions.read(source.encode(), "bpmn/test/t.dmn", "test.t")


def taken(content: dict[str, Any], **data: Any) -> Any:
    """The outputs for data."""
    return decide(content, data)[0]


@pytest.fixture(autouse=True)
def language(app):
    with app.test_request_context():
        yield


BANDS: list[Rule] = [(["< 10"], ["1"]), (["[5..20]"], ["2"]), (["> 15"], ["2"]), (["> 100"], ["3"])]


@pytest.mark.parametrize(
    ("policy", "aggregation", "amount", "expected"),
    [
        ("FIRST", "", 7, 1),
        ("FIRST", "", 200, 2),
        ("PRIORITY", "", 7, 2),
        ("PRIORITY", "", 200, 3),
        ("OUTPUT ORDER", "", 200, [3, 2]),
        ("RULE ORDER", "", 200, [2, 3]),
        ("COLLECT", "", 7, [1, 2]),
        ("COLLECT", "SUM", 7, 3),
        ("COLLECT", "SUM", 200, 5),
        ("COLLECT", "MIN", 200, 2),
        ("COLLECT", "MAX", 200, 3),
        ("COLLECT", "COUNT", 200, 2),
    ],
)
def test_each_hit_policy_gives_what_the_standard_says(policy, aggregation, amount, expected):
    content = read(table(BANDS, outputs={"y": "3, 2, 1"}, policy=policy, aggregation=aggregation))

    assert taken(content, amount=amount) == {"y": expected}


@pytest.mark.parametrize(("aggregation", "expected"), [("", []), ("SUM", None), ("MIN", None), ("COUNT", 0)])
def test_collecting_nothing_is_no_error(aggregation, expected):
    content = read(table([(["< 0"], ["1"])], policy="COLLECT", aggregation=aggregation))

    assert taken(content, amount=1) == {"y": expected}


def test_any_takes_rows_that_agree():
    content = read(table([(["< 10"], ["1"]), (["< 20"], ["1"])], policy="ANY"))

    assert taken(content, amount=5) == {"y": 1}


def test_a_default_stands_where_no_row_fits():
    content = read(table([(["< 10"], ["1"])], default="9"))

    assert taken(content, amount=50) == {"y": 9}
    assert list(decisions.hints(content)) == []


def test_no_row_and_no_default_is_an_error_in_words():
    with pytest.raises(DomainError, match="No row of the decision"):
        taken(read(table([(["< 10"], ["1"])])), amount=50)


def test_an_output_outside_its_values_is_an_error():
    content = read(table([(["< 10"], ["amount"])], outputs={"y": "1, 2"}, policy="PRIORITY"))

    with pytest.raises(ExpressionError, match="7 is not among the values"):
        taken(content, amount=7)


def test_required_decisions_are_taken_first_and_kept_with_the_record():
    content = read(
        table(
            [(['"big"', "> 3"], ["'board'"]), (["-", "-"], ["'head'"])],
            ["size", "risk"],
            policy="FIRST",
            requires="risk size",
        ),
        expression("size_of", "'big' if total > 1000 else 'small'", "total", "size").replace(
            'id="size_of"', 'id="size"'
        ),
        table([(["-"], ["2 + amount / 1000", "1"])], outputs={"a": "", "b": ""}, key="both"),
        expression("risk", "both.a", "both"),
        expression("total", "number(amount) * 2"),
    )

    outputs, record = decide(content, {"amount": 2000})

    assert outputs == {"y": "board"}
    assert [r["decision"] for r in record["requires"]] == ["both", "risk", "total", "size"]
    assert (record["rows"], record["rules"]) == ([1], ["r1"])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ([table([(["-"], ["1"])], requires="other")], "other is not in this file"),
        ([table([(["-"], ["1"])], requires="test.t")], "requires itself"),
        ([table([(["-"], ["1"])], requires="a"), expression("a", "b", "b"), expression("b", "a", "a")], "requires itself"),
        ([table([(["-"], ["1"])]), expression("a", "1")], "No decision requires this one"),
        ([table([(["-"], ["1"])], requires="a"), expression("a", "open('x')")], "cannot be used"),
        ([table([(["-"], ["1"])], requires="a"), expression("a", "")], "a decision table or an expression"),
        ([table([(["-"], ["1"])], requires="a-b"), expression("a-b", "1")], "cannot be the name"),
        ([table([(["-"], ["1"])], policy="LUCKY")], "no hit policy LUCKY"),
        ([table([(["-"], ["1"])], policy="FIRST", aggregation="SUM")], "Only a table that collects"),
        ([table([(["-"], ["1", "2"])], outputs={"a": "", "b": ""}, policy="COLLECT", aggregation="SUM")], "Only a table"),
        ([table([(["-"], ["1"])], policy="PRIORITY")], "Each output needs its values"),
        ([table([(["-"], ["1"])], key="other")], "The decision's id must be test.t"),
        ([table([(["-", "-"], ["1"])])], "one cell for each column"),
        ([table([(["-"], ["1"])]), "<businessKnowledgeModel id='m'/>"], "businessKnowledgeModel is not among"),
        ([table([(["< 10"], ["1"]), (["[5..20]"], ["2"])])], "Rows 1 and 2 both fit when amount = 5 or 5 < amount < 10"),
        ([table([(["< 10"], ["1"]), (["[5..20]"], ["2"])], policy="ANY")], "Rows 1 and 2 both fit"),
        ([table([(['"a","b"', "-"], ["1"]), (['not("a")', "> 3"], ["2"])], ["x", "n"])], 'both fit when x = "b" and n > 3'),
        ([table([(["true"], ["1"]), (["-"], ["2"])])], "both fit when amount = true"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_refused_in_words(wrong, sentence):
    with pytest.raises(DefinitionError) as refused:
        read(*wrong)

    assert sentence in " ".join(problem.message for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (table([(["< 10"], ["1"]), (["> 20"], ["2"])]), ["No row fits when amount = 10 or 10 < amount < 20 or amount = 20."]),
        (table([(['"a"'], ["1"])]), ["No row fits when amount is anything else."]),
        (table([(['"a"'], ["1"]), (['"b"'], ["1"])], values='"a","b"'), []),
        (table([(["true"], ["1"])]), ["No row fits when amount = false."]),
        (table([(["-"], ["1"]), (["> 5"], ["2"])], policy="FIRST"), ["Row 2 never decides."]),
        (table([(["> 5"], ["1"]), (["> 9"], ["2"]), (["-"], ["3"])], policy="FIRST"), ["Row 2 never decides."]),
        (table([(["> 5"], ["1"])], policy="COLLECT"), []),
        (table([(["< 5 "], ["1"]), ([">= 5"], ["1"])]), []),
        (table([(["< limit"], ["1"])]), []),
        (table([([">= 0", "< 9"], ["1"]), (["-", ">= 9"], ["2"])], ["amount", "amount"]), ["No row fits when amount < 0."]),
    ],
)  # fmt: skip
def test_gaps_and_rows_without_effect_are_told(content, told):
    assert [message for _element, message in decisions.hints(read(content))] == told


def cells() -> st.SearchStrategy[str]:
    number = st.integers(0, 6)
    return st.one_of(
        st.just("-"),
        st.builds("{} {}".format, st.sampled_from(["<", "<=", ">", ">=", "!="]), number),
        st.builds(lambda a, b, low, high: f"{low}{min(a, b)}..{max(a, b)}{high}", number, number, st.sampled_from("[("), st.sampled_from("])")),
        st.builds("not({}, {})".format, number, number),
        number.map(str),
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    tests=st.lists(st.tuples(cells(), cells()), min_size=1, max_size=4),
    asked=st.lists(st.tuples(st.integers(-2, 16), st.integers(-2, 16)), min_size=20, max_size=20),
)
def test_what_is_told_of_a_table_is_what_happens(tests, asked):
    content = {
        "key": "test.t",
        "name": "t",
        "hit_policy": "UNIQUE",
        "aggregation": None,
        "requires": [],
        "inputs": [{"id": n, "label": n, "expression": n, "type": "", "values": ""} for n in ("a", "b")],
        "outputs": [{"name": "y", "values": [], "default": ""}],
        "rules": [{"id": f"r{n}", "tests": list(row), "outputs": [str(n)]} for n, row in enumerate(tests)],
    }
    overlap = bool(list(decisions.problems(content)))
    gap = any("No row" in message for _element, message in decisions.hints(content))
    seen = set()
    for a, b in asked:
        try:
            taken(content, a=Decimal(a) / 2, b=Decimal(b) / 2)
        except DomainError as error:
            seen.add(error.code)

    assert overlap or "ambiguous_decision" not in seen
    assert gap or "no_decision" not in seen


@pytest.mark.parametrize("rows", [1, 400])
def test_a_large_table_is_judged_or_left_in_bounded_work(rows):
    columns = [f"x{n}" for n in range(12)]
    rules = [([f"> {(row * 7 + column) % 50}" for column in range(12)], ["1"]) for row in range(rows)]

    content = read(table(rules, columns, policy="COLLECT"))

    assert len(content["rules"]) == rows
    assert list(decisions.hints(content)) == [] or rows == 1
