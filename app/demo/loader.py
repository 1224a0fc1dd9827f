"""Lay the demo factory into an empty database."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from app.accounts import services as accounts
from app.accounts.models import User
from app.core import clock
from app.core.actors import acting
from app.core.db import db
from app.core.numbering import NumberSequence
from app.costing import services as costing
from app.demo.agreements import load_agreements
from app.demo.history import load_history
from app.demo.master import load_master, weeks_from_story
from app.demo.values import RATES_FROM, names, number
from app.masterdata.models import Item, Partner, Site
from app.planning.models import DemandHistory
from app.sales import services as sales

FACTORY = Path(__file__).with_name("factory.yaml")
PASSWORD = "demo-of-octad"  # noqa: S105  shown on the demo's start page
STANDARD_LOT = "120"
TITLES = {
    "總經理": "General manager",
    "廠長": "Plant manager",
    "業務": "Sales",
    "生管": "Production control",
    "資材課長": "Head of materials",
    "採購": "Purchasing",
    "外包": "Outsourcing",
    "倉管": "Warehouse",
    "現場課長": "Shop-floor supervisor",
    "車床": "Turning",
    "銑床": "Milling",
    "研磨": "Grinding",
    "組立": "Assembly",
    "品檢": "Inspection",
    "品保課長": "Head of quality",
    "成本會計": "Cost accounting",
    "工程": "Engineering",
    "資訊": "IT",
}


def plant() -> dict[str, Any]:
    """Return the demo plant as its file tells it."""
    return yaml.safe_load(FACTORY.read_text(encoding="utf-8"))


def load(start: date | None = None, *, confirm: bool = True, history: bool = False) -> Site:
    """Load the plant, its people and its two orders, moved so that the story begins in the week of ``start``.

    With ``history``, what the plant bought and made before is there too; the figures of the story are the same.
    Commits. Definitions are deployed and the orders' processes start as in daily life.
    """
    from app.workflow import definitions
    from app.workflow.running import messages

    facts = plant()
    shift = weeks_from_story(start or clock.today(facts["company"]["timezone"]))
    site = load_master(facts, date(2026, 2, 27) + shift)
    people = _people(facts)
    costing.set_standards(RATES_FROM.isoformat(), lot_size=STANDARD_LOT)
    _history(facts, site, shift)
    load_agreements(facts, (date(2026, 3, 2) + shift).year)
    db.session.commit()
    if history:
        load_history(site, people, shift)
        db.session.commit()
        messages.drain()  # no process is deployed yet: what the past caused is told to nobody
    definitions.deploy()
    db.session.commit()
    _orders(facts, site, people["huang"], shift, confirm=confirm)
    db.session.commit()
    messages.drain()
    return site


def _people(facts: dict[str, Any]) -> dict[str, User]:
    people = {}
    for login, row in facts["people"].items():
        title = row["title"]
        people[login] = accounts.create_user(
            login,
            names(row["name"]),
            {role.rstrip("*") for role in row["roles"]}
            | ({"accounts_payable"} if login == "yang" else set()),
            PASSWORD,
            title={"zh_Hant": title, "en": TITLES[title]},
            badge=row.get("badge"),
            skills=row.get("skills", []),
        )
    for login, row in facts["people"].items():
        if "deputy" in row:
            accounts.add_substitute(people[login].id, people[row["deputy"]].id)
    return people


def _history(facts: dict[str, Any], site: Site, shift: timedelta) -> None:
    """Add two years of monthly demand, ending in the month before the story."""
    history = dict(facts["demand_history_months"])
    first = date.fromisoformat(f"{history.pop('from')}-01") + shift
    for code, quantities in history.items():
        item = db.session.scalar(db.select(Item).where(Item.number == code))
        for index, quantity in enumerate(quantities):
            months = first.year * 12 + first.month - 1 + index
            db.session.add(
                DemandHistory(
                    site_id=site.id,
                    item_id=item.id,
                    month=date(months // 12, months % 12 + 1, 1),
                    quantity=number(quantity),
                )
            )


def _orders(facts: dict[str, Any], site: Site, seller: User, shift: timedelta, *, confirm: bool) -> None:
    from app.accounts.sessions import actor_for

    for row in facts["orders"].values():
        prefix = f"SO{row['entered'] + shift:%y%m}"
        db.session.merge(NumberSequence(prefix=prefix, last=max(int(code[-4:]) for code in facts["orders"])))
    with acting(actor_for(seller)):
        for code, row in facts["orders"].items():
            customer = db.session.scalar(db.select(Partner).where(Partner.code == row["customer"]))
            items = {item.number: item.id for item in db.session.scalars(db.select(Item))}
            entered = row["entered"] + shift
            order = sales.create_order(
                site.code,
                customer.id,
                [
                    {
                        "item_id": str(items[line["item"]]),
                        "quantity": str(line["quantity"]),
                        "due_date": (line["due"] + shift).isoformat(),
                    }
                    for line in row["lines"]
                ],
                customer_reference=row["customer_order"],
                number=f"SO{entered:%y%m}-{code.rpartition('-')[2]}",
                entered_on=entered,
            )
            if confirm:
                sales.review_order(order.id, dict.fromkeys(sales.review_names(), True))
                sales.confirm_order(order.id)
