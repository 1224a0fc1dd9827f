"""The tables of master data, one module per noun."""

from app.masterdata.models.bom import BomLine
from app.masterdata.models.calendar import CalendarException, Shift, Site
from app.masterdata.models.codes import CodeKind, ReasonCode
from app.masterdata.models.company import Company, Currency, CurrencyRate
from app.masterdata.models.item import Item, ItemUnit, LotRule, NegativeStock, Supply, Valuation
from app.masterdata.models.partner import CustomerItem, Partner, SupplierPrice
from app.masterdata.models.routing import RoutingOperation
from app.masterdata.models.work_centre import Machine, WorkCentre, WorkCentreShift

__all__ = [
    "BomLine",
    "CalendarException",
    "CodeKind",
    "Company",
    "Currency",
    "CurrencyRate",
    "CustomerItem",
    "Item",
    "ItemUnit",
    "LotRule",
    "Machine",
    "NegativeStock",
    "Partner",
    "ReasonCode",
    "RoutingOperation",
    "Shift",
    "Site",
    "SupplierPrice",
    "Supply",
    "Valuation",
    "WorkCentre",
    "WorkCentreShift",
]
