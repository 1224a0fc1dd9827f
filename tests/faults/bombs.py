"""Diagrams that would run, multiply or grow without end: each passes the check at deploy."""

from __future__ import annotations

from tests.workflow.diagrams import flows, lanes, node, process, script, user

MANY = 500
REPEATED = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{}</bpmn:loopCardinality>"
    "</bpmn:multiInstanceLoopCharacteristics>"
)
LONG = "a = 'xxxxxxxxxx'\n" + "a = a + a\n" * 9


def loop(body: str, first: str = "a = 1") -> bytes:
    """A process that does the same again and again."""
    return process(
        "test.one",
        script("first", first.strip()),
        node("exclusiveGateway", "enter", default="enter_to_body"),
        script("body", body.strip()),
        node("exclusiveGateway", "out", default="out_to_end"),
        flows("start -> first -> enter -> body -> out -> end\nout -> enter if 1 == 1"),
    )


def call(inner: bytes) -> tuple[bytes, bytes]:
    """A process that calls another five hundred times at once."""
    called = node("callActivity", "call", REPEATED.format(MANY), calledElement="test.two")
    return process("test.one", called, flows("start -> call -> end")), inner


TOKENS = process(
    "test.one",
    node("exclusiveGateway", "enter", default="enter_to_fork"),
    node("parallelGateway", "fork"),
    script("left", "a = 1"),
    script("right", "a = 1"),
    node("exclusiveGateway", "out", default="out_to_end"),
    flows(
        "start -> enter -> fork -> left -> enter\nfork -> right -> enter\nfork -> out -> end\nout -> enter if 1 == 1"
    ),
)
BOMBS: dict[str, tuple[bytes, ...]] = {
    "steps without end": (loop("a = 1"),),
    "tokens that double": (TOKENS,),
    "a million repetitions": (
        process(
            "test.one",
            script("body", "a = 1", inner=REPEATED.format("1000 * 1000")),
            flows("start -> body -> end"),
        ),
    ),
    "repetitions of repetitions": call(
        process(
            "test.two", script("body", "a = 1", inner=REPEATED.format(MANY)), flows("start -> body -> end")
        )
    ),
    "a quarter of a million tasks for people": call(
        process(
            "test.two",
            lanes(planner="look"),
            user("look", inner=REPEATED.format(MANY)),
            flows("start -> look -> end"),
        )
    ),
    "lists within lists": (loop("a = [a, a]"),),
    "a list that doubles": (loop("a = a + a", "a = [1, 2, 3]"),),
    "a text that doubles": (loop("a = a + a", "a = 'x'"),),
    "a number that squares": (loop("a = a * a", "a = 7"),),
    "many long texts": (loop("\n".join(f"b{n} = [a] + [a]" for n in range(60)), LONG),),
    "many long lists": (
        loop(
            "\n".join(f"b{n} = a + a" for n in range(100)),
            f"a = {list(range(34))}\n" + "a = a + a\n" * 7,
        ),
    ),
}
"""By what they would do. The limits: steps, tokens, cardinality, values and texts, size and depth of a case."""
