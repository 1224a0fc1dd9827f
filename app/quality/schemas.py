"""What the page of an inspection plan sends, checked box by box."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema
from werkzeug.datastructures import MultiDict

from app.core.inputs import LARGEST
from app.core.schemas import REQUIRED, TOO_LONG, Blank, Day, Exact, gathered
from app.quality.models import CharacteristicKind, InspectionKind, InspectionPlan, Sampling
from app.quality.services import Line, Occasion, Rule

MAX_LINES = 60
WHOLE = {"invalid": _l("A whole number is needed.")}
CHOOSE = {"required": _l("Please choose."), "unknown": _l("Please choose."), "invalid": _l("Please choose.")}
SHORT = validate.Length(max=60, error=_l("At most {max} characters."))
ID = validate.Range(1, 2**31 - 1, error=_l("Please choose."))
LINE_BOXES = (
    "kind",
    "name_zh",
    "name_en",
    "target",
    "lower",
    "upper",
    "unit",
    "instrument",
    "defect_code",
)


def _limit() -> Exact:
    return Exact(minimum=-LARGEST, load_default=None)


class LineSchema(Blank):
    """One characteristic."""

    kind = fields.Enum(CharacteristicKind, by_value=True, required=True, error_messages=CHOOSE)
    name_zh = fields.String(load_default="", validate=TOO_LONG)
    name_en = fields.String(load_default="", validate=TOO_LONG)
    target = _limit()
    lower = _limit()
    upper = _limit()
    unit = fields.String(load_default="", validate=SHORT)
    instrument = fields.String(load_default=None, validate=SHORT)
    defect_code = fields.String(load_default=None, validate=SHORT)

    @validates_schema
    def named(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Ask for a name in at least one language."""
        if not (data["name_zh"].strip() or data["name_en"].strip()):
            raise ValidationError(_("Please fill in this field."), "name_zh")


class RuleSchema(Blank):
    """A plan's rule, its first day and its characteristics: what a revision may change."""

    sampling = fields.Enum(Sampling, by_value=True, required=True, error_messages=CHOOSE)
    aql = Exact(load_default=None)
    sample_size = fields.Integer(
        load_default=None,
        error_messages=WHOLE,
        validate=validate.Range(1, 100_000, error=_l("Between {min} and {max}.")),
    )
    accept_number = fields.Integer(
        load_default=0,
        error_messages=WHOLE,
        validate=validate.Range(0, 100_000, error=_l("Between {min} and {max}.")),
    )
    certificate = fields.String(load_default=None, validate=TOO_LONG)
    valid_from = Day(required=True, error_messages=REQUIRED)
    lines = fields.List(
        fields.Nested(LineSchema),
        required=True,
        validate=validate.Length(
            min=1, max=MAX_LINES, error=_l("A plan has between {min} and {max} characteristics.")
        ),
    )

    @validates_schema
    def rule_is_whole(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Ask for the figure the chosen way of sampling needs."""
        if data.get("sampling") is Sampling.AQL and data.get("aql") is None:
            raise ValidationError(_("Please choose."), "aql")
        if data.get("sampling") is Sampling.FIXED and data.get("sample_size") is None:
            raise ValidationError(_("Please fill in this field."), "sample_size")


class PlanSchema(RuleSchema):
    """A whole plan."""

    kind = fields.Enum(InspectionKind, by_value=True, required=True, error_messages=CHOOSE)
    item_id = fields.Integer(load_default=None, error_messages=CHOOSE, validate=ID)
    item_group = fields.String(load_default=None, validate=SHORT)
    operation = fields.Integer(
        load_default=None,
        error_messages=WHOLE,
        validate=validate.Range(1, 9_999, error=_l("Between {min} and {max}.")),
    )
    supplier_id = fields.Integer(load_default=None, error_messages=CHOOSE, validate=ID)


def form_data(form: MultiDict[str, str]) -> dict[str, Any]:
    """Return the page's boxes with its rows under ``lines``; ``kind`` alone makes no row.

    The row a person removes by its button, ``_remove=lines:2``, is left out.
    """
    removed = form.get("_remove", "").replace(":", "-") + "-"
    boxes, rows = gathered(
        MultiDict((name, value) for name, value in form.items() if not name.startswith(removed))
    )
    filled = [row for row in rows if any(value.strip() for name, value in row.items() if name != "kind")]
    return boxes | {"lines": filled}


def occasion(values: dict[str, Any]) -> Occasion:
    """Return when what is inspected."""
    return Occasion(
        values["kind"],
        values["item_id"],
        (values["item_group"] or "").strip() or None,
        values["operation"],
        values["supplier_id"],
    )


def rule(values: dict[str, Any]) -> Rule:
    """Return the rule; the figures of the other ways of sampling are left out."""
    fixed = values["sampling"] is Sampling.FIXED
    return Rule(
        values["aql"] if values["sampling"] is Sampling.AQL else None,
        values["sample_size"] if fixed else None,
        values["accept_number"] if fixed else 0,
        values["certificate"],
    )


def lines(values: dict[str, Any]) -> list[Line]:
    """Return the characteristics; a name in one language stands for the other too."""
    found = []
    for row in values["lines"]:
        chinese, english = row["name_zh"].strip(), row["name_en"].strip()
        limits = [row["lower"], row["target"], row["upper"]]
        found.append(
            Line(
                {"en": english or chinese, "zh_Hant": chinese or english},
                row["lower"],
                row["target"],
                row["upper"],
                row["unit"].strip(),
                max((_places(one) for one in limits if one is not None), default=0),
                row["instrument"],
                row["defect_code"],
                row["kind"],
            )
        )
    return found


def _places(number: Decimal) -> int:
    return max(0, -int(number.normalize().as_tuple().exponent))


def as_typed(plan: InspectionPlan, today: date) -> dict[str, Any]:
    """Return a plan as its page would have been filled in, to be changed into the next revision."""
    return {
        "sampling": plan.sampling.value,
        "aql": plain(plan.aql),
        "sample_size": plan.sample_size or "",
        "accept_number": plan.accept_number,
        "certificate": plan.certificate or "",
        "valid_from": today.isoformat(),
        "lines": [
            {
                "kind": row.kind.value,
                "name_zh": row.names.get("zh_Hant", ""),
                "name_en": row.names.get("en", ""),
                "target": plain(row.target),
                "lower": plain(row.lower),
                "upper": plain(row.upper),
                "unit": row.unit,
                "instrument": row.instrument or "",
                "defect_code": row.defect_code or "",
            }
            for row in plan.characteristics
        ],
    }


def plain(number: Decimal | None) -> str:
    """Return a number as a person would type it; nothing for none."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
