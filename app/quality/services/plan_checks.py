"""What an inspection plan says, and what keeps it from being written: asked by the page and by the import."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import exists, select

from app.core.db import db
from app.masterdata.models import CodeKind, Item, Partner, ReasonCode, RoutingOperation
from app.quality import sampling
from app.quality.models import CharacteristicKind, InspectionKind, Sampling


@dataclass(frozen=True)
class Occasion:
    """What is inspected when: an item or a group of items, at a kind of inspection, of a supplier or of all."""

    kind: InspectionKind
    item_id: int | None = None
    item_group: str | None = None
    operation: int | None = None
    supplier_id: int | None = None


@dataclass(frozen=True)
class Rule:
    """How large the sample is: by ``aql``, else a fixed ``sample_size``, else every piece."""

    aql: Decimal | None = None
    sample_size: int | None = None
    accept_number: int = 0
    certificate: str | None = None

    @property
    def sampling(self) -> Sampling:
        """The way the sample size is found."""
        if self.aql is not None:
            return Sampling.AQL
        return Sampling.FIXED if self.sample_size else Sampling.FULL


@dataclass(frozen=True)
class Line:
    """One thing to measure or to count; where the kind is not said, what has no limit at all is counted."""

    names: dict[str, str]
    lower: Decimal | None = None
    target: Decimal | None = None
    upper: Decimal | None = None
    unit: str = ""
    decimals: int = 3
    instrument: str | None = None
    defect_code: str | None = None
    kind: CharacteristicKind | None = None

    @property
    def limited(self) -> bool:
        """Whether it has a limit."""
        return self.lower is not None or self.upper is not None


def plan_problems(occasion: Occasion, rule: Rule, lines: list[Line]) -> dict[str, str]:
    """Return what keeps a plan from being written, by field; ``lines.0.lower`` is a characteristic's.

    The page and the import ask the same question here.
    """
    found = list(_occasion_problems(occasion)) + list(rule_problems(rule))
    if not lines:
        found.append(("lines", _("A plan needs at least one characteristic.")))
    defects = set(db.session.scalars(select(ReasonCode.code).where(ReasonCode.kind == CodeKind.DEFECT)))
    names: set[str] = set()
    for index, line in enumerate(lines):
        found += [(f"lines.{index}.{name}", text) for name, text in _line_problems(line, defects, names)]
        names.add(line.names.get("en", ""))
    first: dict[str, str] = {}
    for field, text in found:
        first.setdefault(field, text)
    return first


def _occasion_problems(occasion: Occasion) -> Iterator[tuple[str, str]]:
    if (occasion.item_id is None) == (occasion.item_group is None):
        yield "item_id", _("Choose either an item or an item group.")
    if occasion.item_id is not None and db.session.get(Item, occasion.item_id) is None:
        yield "item_id", _("Please choose.")
    if occasion.supplier_id is not None and db.session.get(Partner, occasion.supplier_id) is None:
        yield "supplier_id", _("Please choose.")
    if (occasion.kind is InspectionKind.OPERATION) != (occasion.operation is not None):
        yield "operation", _("An in-process inspection names its operation, the others none.")
    elif occasion.operation is not None and occasion.item_id is not None:
        known = select(RoutingOperation.number).where(RoutingOperation.item_id == occasion.item_id)
        numbers = sorted(set(db.session.scalars(known)))
        if numbers and occasion.operation not in numbers:
            words = ", ".join(str(number) for number in numbers)
            yield "operation", _("The item's routing has the operations {numbers}.").format(numbers=words)
    group = select(exists().where(Item.item_group == occasion.item_group))
    if occasion.item_group is not None and not db.session.scalar(group):
        yield "item_group", _("No item belongs to the group {group}.").format(group=occasion.item_group)


def rule_problems(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a sampling rule, by field."""
    if rule.aql is not None and rule.aql not in sampling.AQL:
        known = ", ".join(str(value) for value in sampling.AQL)
        yield "aql", _("AQL %(aql)s is not one of %(known)s.", aql=rule.aql, known=known)
    if rule.aql is not None and rule.sample_size is not None:
        yield "sample_size", _("Either an AQL or a fixed sample size.")
    if rule.sample_size is not None and rule.accept_number >= rule.sample_size:
        yield "accept_number", _("Fewer defective pieces than the sample has.")


def _line_problems(line: Line, defects: set[str], names: set[str]) -> Iterator[tuple[str, str]]:
    if line.names.get("en", "") in names:
        yield "name_en", _("Another characteristic has this name.")
    if line.lower is not None and line.upper is not None and line.lower > line.upper:
        yield "lower", _("The lower limit is at most the upper one.")
    if line.kind is CharacteristicKind.COUNTED and (line.limited or line.target is not None):
        yield "kind", _("What is counted has neither a nominal value nor limits.")
    elif not line.limited and (line.kind is CharacteristicKind.MEASURED or line.target is not None):
        yield "lower", _("What is measured needs a limit.")
    elif line.target is not None and not _within(line.target, line.lower, line.upper):
        yield "target", _("The nominal value lies between the limits.")
    if line.defect_code is not None and line.defect_code not in defects:
        yield "defect_code", _("There is no defect code {code}.").format(code=line.defect_code)


def _within(value: Decimal, lower: Decimal | None, upper: Decimal | None) -> bool:
    return (lower is None or value >= lower) and (upper is None or value <= upper)
