"""The worked example of overall equipment effectiveness."""

from decimal import Decimal

import pytest

from app.shopfloor.oee import effectiveness
from tests.worked_examples import MISSING, everything, examples, name

COVERED = ("quality.oee",)
pytestmark = pytest.mark.skipif(not everything(), reason=MISSING)


@pytest.mark.parametrize("example", examples("quality.oee"), ids=name)
def test_oee(example):
    found = effectiveness(**{key: Decimal(str(value)) for key, value in example["input"].items()})

    for factor, expected in example["expected"].items():
        assert float(getattr(found, factor)) == pytest.approx(expected, abs=example["tolerance"])
