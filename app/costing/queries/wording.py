"""What elements, variances, methods and accounts are called."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext

from app.core.i18n import format_money
from app.masterdata import queries as masterdata

ELEMENTS = {
    "material": lazy_gettext("Direct material"),
    "machine": lazy_gettext("Machine cost"),
    "labour": lazy_gettext("Direct labour"),
    "variable_overhead": lazy_gettext("Variable overhead"),
    "fixed_overhead": lazy_gettext("Fixed overhead"),
    "subcontract": lazy_gettext("Subcontracting"),
    "abnormal_scrap": lazy_gettext("Less abnormal scrap"),
}

VARIANCES = {
    "material_price": lazy_gettext("Material price"),
    "material_usage": lazy_gettext("Material usage"),
    "labour_rate": lazy_gettext("Labour rate"),
    "labour_efficiency": lazy_gettext("Labour efficiency"),
    "labour_idle": lazy_gettext("Idle time"),
    "machine_rate": lazy_gettext("Machine rate"),
    "machine_efficiency": lazy_gettext("Machine efficiency"),
    "variable_overhead_spending": lazy_gettext("Variable overhead spending"),
    "variable_overhead_efficiency": lazy_gettext("Variable overhead efficiency"),
    "fixed_overhead_spending": lazy_gettext("Fixed overhead spending"),
    "fixed_overhead_efficiency": lazy_gettext("Fixed overhead efficiency"),
    "setup": lazy_gettext("Set-up time"),
    "lot_size": lazy_gettext("Lot size"),
    "subcontract_price": lazy_gettext("Subcontract price"),
    "subcontract_quantity": lazy_gettext("Subcontracted quantity"),
    "scrap_normal": lazy_gettext("Normal scrap"),
    "scrap_abnormal": lazy_gettext("Abnormal scrap"),
    "by_product": lazy_gettext("By-products"),
    "revision": lazy_gettext("Revision of bill of material or routing"),
}

VARIANCE_TREE = {
    "material": (lazy_gettext("Direct material"), ("material_price", "material_usage", "by_product")),
    "labour": (lazy_gettext("Direct labour"), ("labour_rate", "labour_efficiency", "labour_idle")),
    "machine": (lazy_gettext("Machine cost"), ("machine_rate", "machine_efficiency")),
    "variable_overhead": (
        lazy_gettext("Variable overhead"),
        ("variable_overhead_spending", "variable_overhead_efficiency"),
    ),
    "fixed_overhead": (
        lazy_gettext("Fixed overhead"),
        ("fixed_overhead_spending", "fixed_overhead_efficiency"),
    ),
    "setup": (lazy_gettext("Set-up and lot size"), ("setup", "lot_size")),
    "subcontract": (lazy_gettext("Subcontracting"), ("subcontract_price", "subcontract_quantity")),
    "scrap": (lazy_gettext("Scrap"), ("scrap_normal", "scrap_abnormal")),
    "revision": (lazy_gettext("Revision"), ("revision",)),
}

METHODS = {
    "moving_average": lazy_gettext("Moving average"),
    "fifo": lazy_gettext("First in, first out"),
    "last_purchase": lazy_gettext("Last purchase price"),
    "monthly_weighted_average": lazy_gettext("Monthly weighted average"),
    "standard": lazy_gettext("Standard cost"),
}

ACCOUNTS = {
    "inventory": lazy_gettext("Inventory"),
    "wip": lazy_gettext("Work in process"),
    "received_not_invoiced": lazy_gettext("Received, not invoiced"),
    "payable": lazy_gettext("Payables"),
    "input_tax": lazy_gettext("Input tax"),
    "expense": lazy_gettext("Expense without stock"),
    "cost_of_goods": lazy_gettext("Cost of goods sold"),
    "scrap": lazy_gettext("Scrap expense"),
    "stock_difference": lazy_gettext("Stock differences"),
    "opening": lazy_gettext("Opening stock"),
    "price_difference": lazy_gettext("Price differences"),
    "labour_applied": lazy_gettext("Labour applied"),
    "machine_applied": lazy_gettext("Machine cost applied"),
    "variable_overhead_applied": lazy_gettext("Variable overhead applied"),
    "fixed_overhead_applied": lazy_gettext("Fixed overhead applied"),
    "variance": lazy_gettext("Variances"),
}


def money(value: Decimal | None) -> str:
    """An amount of the company's currency in the reader's language, with the cents costing keeps."""
    return format_money(value, max(2, masterdata.company().document_decimals))
