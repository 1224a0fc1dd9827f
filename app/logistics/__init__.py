"""Logistics: goods to their place in the store, and from there to the customer.

Accepted lots are put away by rule (``logistics.put_away``). For a customer order
``logistics.ship`` makes the pick list, first in first out, lets the warehouse
confirm, pack and ship it with a delivery note, and waits for the proof of
delivery.
"""

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

READ = permission("shipment:read", "See shipments and delivery notes", roles="*")

NAVIGATION = [NavItem("logistics.shipments", lazy_gettext("Shipments"), READ, step=7)]
