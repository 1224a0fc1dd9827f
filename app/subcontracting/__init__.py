"""Step 2, subcontracting: work that a supplier does for us.

Two forms. A *whole item* is made by the subcontractor from components we supply, and comes back as
stock. An *outside operation* happens in the middle of a routing: the pieces stay work in process of
their work order while they are at the supplier. Both have an order, a receipt with reconciliation, an
inspection, an invoice.

Processes: ``subcontracting.subcontract_order``, ``subcontracting.select_supplier``,
``subcontracting.agree_contract``. Terms: loss allowance, supplied component, supplier score, contract.
"""

from flask_babel import lazy_gettext

from app.core.events import event
from app.core.permissions import permission
from app.core.web import NavItem

ORDER_CREATED = event(
    "subcontracting.order_created",
    "Work is to be done outside; key subcontract_order:ID, payload subcontract_order_id.",
)
GOODS_RECEIVED = event(
    "subcontracting.goods_received",
    "Pieces came back and must be inspected; key subcontract_receipt:ID, payload subcontract_receipt_id.",
)
RECEIPT_SETTLED = event(
    "subcontracting.receipt_settled",
    "Pieces that came back were accepted or rejected; key subcontract_receipt:ID, payload subcontract_receipt_id.",
)
ORDER_RECEIVED = event(
    "subcontracting.order_received",
    "Everything came back and was accepted; key subcontract_order:ID, payload subcontract_order_id.",
)

READ = permission("subcontract:read", "See subcontract orders, contracts and supplier scores", roles="*")
RATE = permission(
    "supplier:rate", "Compute supplier scores", roles=("outsourcing", "buyer", "quality_manager")
)

NAVIGATION = [
    NavItem("subcontracting.orders", lazy_gettext("Subcontract orders"), READ, step=2),
    NavItem("subcontracting.suppliers", lazy_gettext("Suppliers and scores"), READ, step=2),
    NavItem("subcontracting.contracts", lazy_gettext("Contracts"), READ, step=2),
]
