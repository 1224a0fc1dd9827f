"""What changes stock: the ledger itself, transfers and counts."""

from app.inventory.services.counts import COUNT_STARTED, post_count, record_count, start_count
from app.inventory.services.ledger import (
    LARGEST,
    STOCK_ARRIVED,
    cancel_expected,
    expect,
    location,
    make_lot,
    post,
    record_consumption,
    reduce_expected,
    release_lot,
    release_reservations,
    reserve,
    reverse,
)
from app.inventory.services.transfers import (
    TRANSFER_REQUESTED,
    receive_transfer,
    request_transfer,
    send_transfer,
)

__all__ = [
    "COUNT_STARTED",
    "LARGEST",
    "STOCK_ARRIVED",
    "TRANSFER_REQUESTED",
    "cancel_expected",
    "expect",
    "location",
    "make_lot",
    "post",
    "post_count",
    "receive_transfer",
    "record_consumption",
    "record_count",
    "reduce_expected",
    "release_lot",
    "release_reservations",
    "request_transfer",
    "reserve",
    "reverse",
    "send_transfer",
    "start_count",
]
