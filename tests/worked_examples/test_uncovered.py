"""Lists the worked examples that no module here covers yet."""

import ast
from pathlib import Path

import pytest

from tests.worked_examples import MISSING, everything, name

LEFT_OUT = {
    "inventory.newsvendor": "stock for one season is not planned: safety stocks and reorder points are set per item",
    "planning.lead_time_constraint": "planning tells which orders are late and why; it does not move due dates "
    "or put several needs of a subassembly into one late order",
}


def covered():
    """Return the kinds and ids that the other modules name in COVERED, read without importing them."""
    found = set()
    for path in set(Path(__file__).parent.glob("test_*.py")) - {Path(__file__)}:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "COVERED":
                found.update(ast.literal_eval(node.value))
        found.update(
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
    return found


@pytest.mark.skipif(not everything(), reason=MISSING)
@pytest.mark.parametrize("example", everything(), ids=name)
def test_is_covered(example):
    if not {example["id"], example["kind"]} & covered():
        pytest.skip(LEFT_OUT[example["kind"]])


def test_ids_are_unique():
    ids = [name(one) for one in everything()]

    assert len(ids) == len(set(ids))
