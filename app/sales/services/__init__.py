"""What changes customer orders, split by act; operators keep their addresses ``sales.<name>``."""

from app.sales.services.fulfilment import close_order, goods_made, order_facts, record_delivery
from app.sales.services.orders import (
    ORDER_CONFIRMED,
    cancel_order,
    confirm_order,
    copy_order,
    create_order,
    review_names,
    review_order,
)
from app.sales.services.revisions import ORDER_REVISED, revise_order

__all__ = [
    "ORDER_CONFIRMED",
    "ORDER_REVISED",
    "cancel_order",
    "close_order",
    "confirm_order",
    "copy_order",
    "create_order",
    "goods_made",
    "order_facts",
    "record_delivery",
    "review_names",
    "review_order",
    "revise_order",
]
