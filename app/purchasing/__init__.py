"""Step 3, purchasing: what is bought, at an approved price, received in three steps and matched.

A requisition becomes an order at a price in force, else after a request for quotation, comparison,
award and price approval. Goods are received, inspected, accepted; the supplier's invoice is matched
against order and receipt and becomes a payable.

Goods that come without an order wait in quarantine until the buyer finds their order, writes one after the
fact or sends them back. Goods found wrong go back to their supplier, who replaces or credits them.

Processes: ``purchasing.purchase``, ``purchasing.inspect_receipt``, ``purchasing.return_goods``,
``purchasing.unordered_delivery``.
Terms: requisition, quotation, award, price approval, three-way match, payable, purchase after the fact,
return, credit note.
"""

from flask_babel import lazy_gettext

from app.core.events import event
from app.core.permissions import permission
from app.core.web import NavItem

REQUISITION_CREATED = event(
    "purchasing.requisition_created", "A need for bought goods; key requisition:ID, payload requisition_id."
)
GOODS_RECEIVED = event(
    "purchasing.goods_received",
    "A lot arrived and must be inspected; key receipt_line:ID, payload receipt_line_id.",
)
RECEIPT_SETTLED = event(
    "purchasing.receipt_settled",
    "A received lot was accepted or rejected; key receipt_line:ID, payload receipt_line_id.",
)
UNORDERED_RECEIVED = event(
    "purchasing.unordered_received",
    "Goods came that no order is known for; key receipt:ID, payload receipt_id.",
)
REQUISITION_DECIDED = event(
    "purchasing.requisition_decided",
    "A requisition's order was sent, or it was cancelled; key requisition:ID.",
)
RECEIPT_MATCHED = event(
    "purchasing.receipt_matched",
    "A delivery was found to belong to an order; key purchase_order:ID, payload receipt_id.",
)
PURCHASE_ORDER_CLOSED = event(
    "purchasing.purchase_order_closed",
    "Everything received, invoiced and matched; key purchase_order:ID, payload purchase_order_id.",
)

READ = permission("purchase:read", "See requisitions, purchase orders, receipts and invoices", roles="*")
REQUEST = permission(
    "purchase:request",
    "Ask for something to be bought",
    roles=("buyer", "planner", "outsourcing", "warehouse", "supervisor", "engineer", "material_head"),
)
REGISTER = permission(
    "delivery:register",
    "Take in a delivery no order is known for.",
    roles=("warehouse", "material_head"),
)
FOLLOW_UP = permission(
    "purchase:follow_up", "Record what a supplier promises.", roles=("buyer", "material_head")
)

NAVIGATION = [
    NavItem("purchasing.orders", lazy_gettext("Purchase orders"), READ, step=3),
    NavItem("purchasing.requisitions", lazy_gettext("Requisitions"), READ, step=3),
    NavItem("purchasing.deliveries", lazy_gettext("Deliveries without an order"), READ, step=3),
    NavItem("purchasing.after_the_fact", lazy_gettext("Purchases after the fact"), READ, step=3),
    NavItem("purchasing.invoices", lazy_gettext("Supplier invoices"), READ, step=3),
    NavItem("purchasing.returns", lazy_gettext("Returns to suppliers"), READ, step=3),
]
