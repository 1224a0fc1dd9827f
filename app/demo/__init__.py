"""The demo plant: a 60-person maker of gear pumps, its people, stock, orders and history.

``factory.yaml`` is the plant and its story of March and April 2026; ``load``
lays it into an empty database, moved by whole weeks so that it begins in the
week of the day it is loaded.
"""

from app.demo.loader import load

__all__ = ["load"]
