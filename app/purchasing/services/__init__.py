"""What changes the documents of purchasing, split by document; addresses stay ``purchasing.<name>``."""

from app.purchasing.services.deliveries import (
    arrival_state,
    delivery_facts,
    match_delivery,
    order_delivery,
    requisition_outcome,
    send_delivery_back,
)
from app.purchasing.services.inspections import accept, receipt_line_facts
from app.purchasing.services.invoices import (
    invoice_state,
    match_invoice,
    post_payable,
    record_invoice,
    resolve_match,
)
from app.purchasing.services.orders import (
    approval_facts,
    cancel_order,
    close_order,
    create_order,
    prepare_order,
    send_order,
)
from app.purchasing.services.promises import promise_deliveries, record_promise
from app.purchasing.services.quotations import (
    approve_price,
    award,
    record_quotations,
    refuse_award,
    request_quotations,
)
from app.purchasing.services.receipts import receive, receive_without_order, receiving_state
from app.purchasing.services.requisitions import (
    cancel_requisition,
    create_requisition,
    order_from_plan,
    requisition_facts,
)
from app.purchasing.services.returns import agree_return, open_return, record_credit, ship_return

__all__ = [
    "accept",
    "agree_return",
    "approval_facts",
    "approve_price",
    "arrival_state",
    "award",
    "cancel_order",
    "cancel_requisition",
    "close_order",
    "create_order",
    "create_requisition",
    "delivery_facts",
    "invoice_state",
    "match_delivery",
    "match_invoice",
    "open_return",
    "order_delivery",
    "order_from_plan",
    "post_payable",
    "prepare_order",
    "promise_deliveries",
    "receipt_line_facts",
    "receive",
    "receive_without_order",
    "receiving_state",
    "record_credit",
    "record_invoice",
    "record_promise",
    "record_quotations",
    "refuse_award",
    "request_quotations",
    "requisition_facts",
    "requisition_outcome",
    "resolve_match",
    "send_delivery_back",
    "send_order",
    "ship_return",
]
