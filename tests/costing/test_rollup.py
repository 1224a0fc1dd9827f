"""The demo factory's standards, and cycles."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from app.costing.rollup import ELEMENTS, Component, Cycle, Operation, Rates, Structure, roll_up

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "demo_factory.yaml"


def number(value):
    """A figure of the file as Decimal."""
    return Decimal(str(value))


def structures(factory):
    """The demo factory's items as the roll-up reads them; set-up spread over 120."""
    suppliers, centres, found = factory["suppliers"], factory["work_centres"], {}
    for item, facts in factory["items"].items():
        components = [
            Component(part, number(use["quantity"]), number(use["scrap"]))
            if isinstance(use, dict)
            else Component(part, number(use))
            for part, use in factory["boms"].get(item, {}).items()
        ]
        operations = []
        for where, (place, _name, setup, run, _inspection) in factory["routings"].get(item, {}).items():
            if place in suppliers:
                per = 1 if suppliers[place]["per"] == "piece" else number(facts["weight_after_op10_kg"])
                operations.append(Operation(where, outside_price=number(suppliers[place]["price"]) * per))
            else:
                centre = centres[place]
                operations.append(
                    Operation(
                        where,
                        number(setup),
                        number(run),
                        number(centre["crew"]),
                        number(centre["machine_per_hour"]),
                    )
                )
        service = suppliers[facts["supplier"]]["price"] if facts["type"] == "subcontract" else 0
        price = number(facts["standard"]) if not components else Decimal(0)
        found[item] = Structure(components, operations, price, number(service), Decimal(120))
    return found


@pytest.mark.skipif(not SOURCE.exists(), reason="the folder with shared data is not beside the project")
def test_the_demo_factorys_standards_are_reproduced():
    factory = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    rates = factory["rates"]
    found = roll_up(
        structures(factory),
        Rates(
            number(rates["labour_per_hour"]),
            number(rates["variable_overhead_per_labour_hour"]),
            number(rates["fixed_overhead_per_labour_hour"]),
        ),
    )

    assert {item: cost.total for item, cost in found.items()} == {
        item: number(facts["standard"]) for item, facts in factory["items"].items()
    }
    for cost in found.values():
        assert sum(cost.own.values()) == sum(cost.rolled_up.values()) == cost.total
        assert set(cost.own) == set(ELEMENTS)


def test_an_item_inside_itself_is_refused_with_the_path():
    loop = {"A": Structure([Component("B", Decimal(1))]), "B": Structure([Component("A", Decimal(1))])}

    with pytest.raises(Cycle, match="A > B > A"):
        roll_up(loop, Rates(Decimal(0)))
