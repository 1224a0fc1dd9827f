"""Planning's words in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

from app.masterdata.models import Supply
from app.planning.models import ExceptionKind


def supply_label(supply: Supply) -> str:
    """Say how an item is replenished."""
    return {
        Supply.MAKE: _("Make"),
        Supply.BUY: _("Buy"),
        Supply.SUBCONTRACT: _("Subcontract"),
        Supply.CUSTOMER: _("Customer supplies"),
    }[supply]


def kind_label(kind: ExceptionKind) -> str:
    """Say what a message asks of the planner."""
    return {
        ExceptionKind.COMPRESS: _("Compress: late from the start"),
        ExceptionKind.EXPEDITE: _("Expedite: needed sooner"),
        ExceptionKind.DEFER: _("Defer: needed later"),
        ExceptionKind.CANCEL: _("Cancel: not needed"),
        ExceptionKind.SHORT: _("Short: ask the customer for it"),
    }[kind]


def method_label(method: str) -> str:
    """Say which way a forecast was made."""
    return {
        "ses": _("Smoothing"),
        "holt": _("Holt's trend"),
        "damped_trend": _("Damped trend"),
        "theta": _("Theta"),
        "seasonal_naive": _("Same month last year"),
        "croston_sba": _("Croston (SBA)"),
        "tsb": _("Teunter-Syntetos-Babai"),
        "median": _("Median"),
    }.get(method, method)
