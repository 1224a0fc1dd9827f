"""Sales: what customers ordered, as reviewed, confirmed and later revised.

A confirmed order writes its expected issues into the ledger and starts
``main.order_to_cost``.
"""
