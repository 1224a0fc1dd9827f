"""Contracts: drafted, reviewed in parallel, approved by amount, signed, in force until they end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.inputs import date_input, decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Partner
from app.subcontracting import queries
from app.subcontracting.models import Contract, ContractPrice, ContractReview, ContractStatus, Verdict

ZERO, HUNDRED = Decimal(0), Decimal(100)
TERMS = ("production_standard", "delivery_terms", "quality_terms", "penalties")


@operator
def contract_check(supplier_id: str) -> dict:
    """Say whether a contract with a supplier is in force today.

    Returns ``in_force``, ``contract_id``, ``until`` and ``days_left``.
    """
    today = clock.today()
    found = queries.contract_in_force(int(supplier_id), today)
    return {
        "in_force": found is not None,
        "contract_id": found.id if found else None,
        "until": found.valid_to.isoformat() if found else "",
        "days_left": (found.valid_to - today).days if found else 0,
    }


@operator
def draft_contract(supplier_id: str, draft: dict, contract_id: str = "") -> dict:
    """Write a new version of a supplier's contract, or rework one that was sent back.

    ``draft`` has ``valid_from valid_to amount prices`` and the terms. Returns ``contract_id``, ``number``,
    ``amount`` and ``supplier``.
    """
    supplier = db.session.get_one(Partner, int(supplier_id))
    begins = date_input(draft.get("valid_from"), field="valid_from", default=clock.today())
    ends = date_input(draft.get("valid_to"), field="valid_to")
    if ends < begins:
        raise DomainError("dates", _("The contract ends before it begins."), field="valid_to")
    contract = load(int(contract_id)) if contract_id else None
    if contract is None:
        contract = _new_version(supplier, begins.year)
    elif contract.status is not ContractStatus.DRAFT:
        raise Conflict("contract_status", _("Only a draft can be changed."))
    contract.valid_from, contract.valid_to = begins, ends
    contract.amount = decimal_input(draft.get("amount"), field="amount", default=ZERO)
    for name in TERMS:
        setattr(contract, name, (draft.get(name) or "").strip() or None)
    db.session.add(contract)
    contract.prices.clear()
    db.session.flush()
    contract.prices += [_price(row, index) for index, row in enumerate(draft.get("prices") or [])]
    contract.move_to(ContractStatus.IN_REVIEW)
    db.session.flush()
    return facts(contract)


def _new_version(supplier: Partner, year: int) -> Contract:
    last = db.session.scalar(
        select(func.max(Contract.version)).where(Contract.supplier_id == supplier.id, Contract.year == year)
    )
    number = db.session.scalar(
        select(Contract.number).where(Contract.supplier_id == supplier.id, Contract.year == year).limit(1)
    )
    return Contract(
        number=number or next_number("CT", on=clock.today()),
        supplier_id=supplier.id,
        supplier=supplier,
        year=year,
        version=(last or 0) + 1,
        status=ContractStatus.DRAFT,
        drafted_by_id=current_actor().user_id,
        created_at=clock.now(),
        prices=[],
        reviews=[],
    )


def _price(row: dict[str, Any], index: int) -> ContractPrice:
    item = db.session.get(Item, int(row.get("item_id") or 0))
    if item is None:
        raise DomainError("item", _("There is no such item."), field=f"prices.{index}.item_id")
    percent = decimal_input(
        row.get("loss_percent"), field=f"prices.{index}.loss_percent", default=ZERO, places=4
    )
    operation = str(row.get("operation") or "").strip()
    return ContractPrice(
        item_id=item.id,
        item=item,
        operation=int(operation) if operation else None,
        price=decimal_input(
            row.get("price"), field=f"prices.{index}.price", places=masterdata.price_decimals()
        ),
        minimum_charge=decimal_input(
            row.get("minimum_charge"), field=f"prices.{index}.minimum_charge", default=ZERO
        ),
        loss_allowance=min(percent, HUNDRED) / HUNDRED,
    )


@operator
def review_contract(contract_id: str, role: str, agreed: bool, comment: str = "") -> dict:
    """Note one reviewer's word; sending back needs a comment. Returns ``agreed`` and ``role``."""
    contract = load(int(contract_id))
    if not agreed and not (comment or "").strip():
        raise DomainError("comment", _("Say what should change."), field="comment")
    contract.reviews.append(
        ContractReview(
            role=role,
            user_id=current_actor().user_id,
            verdict=Verdict.AGREED if agreed else Verdict.SENT_BACK,
            comment=(comment or "").strip() or None,
            at=clock.now(),
        )
    )
    db.session.flush()
    return {"agreed": bool(agreed), "role": role}


@operator
def contract_reviewed(contract_id: str) -> dict:
    """Say whether every reviewer's last word on a contract is agreement. Returns ``agreed``."""
    contract = load(int(contract_id))
    last = {review.role: review.verdict for review in sorted(contract.reviews, key=lambda one: one.id)}
    return {"agreed": bool(last) and set(last.values()) == {Verdict.AGREED}}


@operator
def send_back_contract(contract_id: str) -> dict:
    """Put a reviewed contract back to draft, so that it can be reworked. Returns its facts."""
    contract = load(int(contract_id))
    contract.move_to(ContractStatus.DRAFT)
    return facts(contract)


@operator
def approve_contract(contract_id: str) -> dict:
    """Approve a reviewed contract for signature. Returns its facts."""
    contract = load(int(contract_id))
    contract.move_to(ContractStatus.APPROVED)
    audit.record("contract.approved", f"contract:{contract.id}", after={"amount": contract.amount})
    return facts(contract)


@operator
def refuse_contract(contract_id: str, reason: str = "") -> dict:
    """Give a contract up. Returns its facts."""
    contract = load(int(contract_id))
    contract.move_to(ContractStatus.REFUSED)
    audit.record("contract.refused", f"contract:{contract.id}", reason=reason)
    return facts(contract)


@operator
def sign_contract(contract_id: str, signed_on: str, signed_file: dict | str | None = None) -> dict:
    """Record the signature and its file; the earlier version ends. Returns its facts."""
    contract = load(int(contract_id))
    stored = _file_reference(signed_file)
    if not stored:
        raise DomainError("signed_file", _("The signed contract is needed as a file."), field="signed_file")
    earlier = db.session.scalars(
        select(Contract).where(
            Contract.supplier_id == contract.supplier_id, Contract.status == ContractStatus.IN_FORCE
        )
    )
    for version in earlier:
        version.move_to(ContractStatus.ENDED)
    contract.signed_on = date_input(signed_on, field="signed_on", default=clock.today())
    contract.signed_file = stored
    contract.move_to(ContractStatus.IN_FORCE)
    audit.record("contract.signed", f"contract:{contract.id}", after={"file": stored})
    return facts(contract)


def _file_reference(value: dict | str | None) -> str:
    """Read what a file field submits: a reference, or a dict that has one."""
    if isinstance(value, dict):
        value = value.get("id") or value.get("name") or ""
    return str(value or "").strip()


def facts(contract: Contract) -> dict:
    """Give what a process needs to know about a contract."""
    return {
        "contract_id": contract.id,
        "number": f"{contract.number} v{contract.version}",
        "supplier": contract.supplier.names,
        "amount": format(contract.amount, "f"),
        "until": contract.valid_to.isoformat(),
    }


def load(contract_id: int) -> Contract:
    """Load a contract with its prices, reviews and supplier, locked."""
    return db.session.scalars(
        select(Contract)
        .where(Contract.id == contract_id)
        .options(
            selectinload(Contract.prices), selectinload(Contract.reviews), selectinload(Contract.supplier)
        )
        .execution_options(populate_existing=True)
        .with_for_update()
    ).one()
