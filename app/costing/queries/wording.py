"""What elements, variances, methods and accounts are called."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from app.core.i18n import format_money
from app.masterdata import queries as masterdata

ELEMENTS = {
    "material": _l("Material"),
    "machine": _l("Machine"),
    "labour": _l("Direct labour"),
    "variable_overhead": _l("Variable overhead"),
    "fixed_overhead": _l("Fixed overhead"),
    "subcontract": _l("Subcontracting"),
    "abnormal_scrap": _l("Less abnormal scrap"),
}

VARIANCES = {
    "material_price": _l("Material price"),
    "material_usage": _l("Material usage"),
    "labour_rate": _l("Labour rate"),
    "labour_efficiency": _l("Labour efficiency"),
    "labour_idle": _l("Idle time"),
    "machine_rate": _l("Machine rate"),
    "machine_efficiency": _l("Machine efficiency"),
    "variable_overhead_spending": _l("Variable overhead spending"),
    "variable_overhead_efficiency": _l("Variable overhead efficiency"),
    "fixed_overhead_spending": _l("Fixed overhead spending"),
    "fixed_overhead_efficiency": _l("Fixed overhead efficiency"),
    "setup": _l("Set-up time"),
    "lot_size": _l("Lot size"),
    "subcontract_price": _l("Subcontract price"),
    "subcontract_quantity": _l("Subcontracted quantity"),
    "scrap_normal": _l("Normal scrap"),
    "scrap_abnormal": _l("Abnormal scrap"),
    "by_product": _l("By-products"),
    "revision": _l("Revision of bill of material or routing"),
}

VARIANCE_TREE = {
    "material": (_l("Material"), ("material_price", "material_usage", "by_product")),
    "labour": (_l("Direct labour"), ("labour_rate", "labour_efficiency", "labour_idle")),
    "machine": (_l("Machine"), ("machine_rate", "machine_efficiency")),
    "variable_overhead": (
        _l("Variable overhead"),
        ("variable_overhead_spending", "variable_overhead_efficiency"),
    ),
    "fixed_overhead": (_l("Fixed overhead"), ("fixed_overhead_spending", "fixed_overhead_efficiency")),
    "setup": (_l("Set-up and lot size"), ("setup", "lot_size")),
    "subcontract": (_l("Subcontracting"), ("subcontract_price", "subcontract_quantity")),
    "scrap": (_l("Scrap"), ("scrap_normal", "scrap_abnormal")),
    "revision": (_l("Revision"), ("revision",)),
}

METHODS = {
    "moving_average": _l("Moving average"),
    "fifo": _l("First in, first out"),
    "last_purchase": _l("Last purchase price"),
    "monthly_weighted_average": _l("Monthly weighted average"),
    "standard": _l("Standard cost"),
}

ACCOUNTS = {
    "inventory": _l("Inventory"),
    "wip": _l("Work in process"),
    "received_not_invoiced": _l("Received, not invoiced"),
    "payable": _l("Payables"),
    "cost_of_goods": _l("Cost of goods sold"),
    "scrap": _l("Scrap expense"),
    "stock_difference": _l("Stock differences"),
    "opening": _l("Opening stock"),
    "price_difference": _l("Price differences"),
    "labour_applied": _l("Labour applied"),
    "machine_applied": _l("Machine cost applied"),
    "variable_overhead_applied": _l("Variable overhead applied"),
    "fixed_overhead_applied": _l("Fixed overhead applied"),
    "variance": _l("Variances"),
}


def money(value: Decimal | None) -> str:
    """An amount of the company's currency in the reader's language, with the cents costing keeps."""
    return format_money(value, max(2, masterdata.company().document_decimals))
