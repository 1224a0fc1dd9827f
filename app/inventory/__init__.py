"""Inventory: the ledger every other step stands on.

Stock is never edited, only moved: each move takes a quantity of an item (and
lot, and owner) from one location to another, ``expected`` or ``done``. Orders of
every kind announce themselves as expected moves, so planning reads only this
ledger. Balances follow from done moves and are kept beside them.

Processes: ``inventory.transfer`` (through transit between sites) and ``inventory.cycle_count``
(differences approved by value). A counted correction is a move with its reason.
"""
