"""What changes the documents of subcontracting, by document; addresses stay ``subcontracting.<name>``."""

from app.subcontracting.services.components import components_ready, ship_components
from app.subcontracting.services.contracts import (
    approve_contract,
    contract_check,
    contract_reviewed,
    draft_contract,
    refuse_contract,
    review_contract,
    send_back_contract,
    sign_contract,
)
from app.subcontracting.services.orders import (
    approve_order,
    cancel_order,
    close_order,
    order_facts,
    order_from_plan,
    order_operation,
)
from app.subcontracting.services.progress import escalate, report_progress
from app.subcontracting.services.receipts import accept, receipt_facts, receive, receiving_state
from app.subcontracting.services.scores import rate_suppliers, record_delivery
from app.subcontracting.services.selection import (
    award_offer,
    invite_offers,
    propose_offer,
    record_offers,
    refuse_offer,
    start_selection,
)

__all__ = [
    "accept",
    "approve_contract",
    "approve_order",
    "award_offer",
    "cancel_order",
    "close_order",
    "components_ready",
    "contract_check",
    "contract_reviewed",
    "draft_contract",
    "escalate",
    "invite_offers",
    "order_facts",
    "order_from_plan",
    "order_operation",
    "propose_offer",
    "rate_suppliers",
    "receipt_facts",
    "receive",
    "receiving_state",
    "record_delivery",
    "record_offers",
    "refuse_contract",
    "refuse_offer",
    "report_progress",
    "review_contract",
    "send_back_contract",
    "ship_components",
    "sign_contract",
    "start_selection",
]
