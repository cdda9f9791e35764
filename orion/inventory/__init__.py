"""Stock: locations, levels, movements and reservations.

Verbs take a `Stockroom`: whose stock it is, and who acts. A store's comes from an access to the store
(`stockroom(access)`) or, for programs, from `stockroom_of`; the platform's own from `platform_stockroom(admin)`.
"""

from orion.inventory.check import Discrepancy, check, describe
from orion.inventory.claims import Line, ReservationView
from orion.inventory.events import LocationChanged, StockChanged, StockLow, ThresholdChanged
from orion.inventory.figures import StockFigures, stock_figures
from orion.inventory.inputs import OF_ORDERS, parse_label, parse_reason
from orion.inventory.items import Item, ItemKey, find_item, find_items, get_item, item_of
from orion.inventory.levels import LevelNow, add, count, remove, set_level, transfer
from orion.inventory.locations import (
    LocationView,
    create_location,
    delete_location,
    get_location,
    list_locations,
    update_location,
)
from orion.inventory.models import MAX_QUANTITY, InventoryItem, Level, Location, Movement, Reservation
from orion.inventory.of_products import ProductStock, stock_of_products
from orion.inventory.queries import (
    KINDS,
    STATES,
    Entry,
    ItemView,
    LevelView,
    MovementFilter,
    MovementView,
    Summary,
    list_entries,
    list_items,
    list_movements,
    list_reservations,
    show_item,
    summary,
)
from orion.inventory.reservations import (
    commit_reservation,
    expire,
    extend,
    get_reservation,
    release,
    reserve,
)
from orion.inventory.rooms import Stockroom, platform_stockroom, stockroom, stockroom_of
from orion.inventory.rows import RowEffect, StockRow, apply_rows
from orion.inventory.settle import Settled, Want, settle
from orion.inventory.sweep import release_expired
from orion.inventory.thresholds import set_threshold
from orion.inventory.titles import titles_of

__all__ = [
    "KINDS",
    "MAX_QUANTITY",
    "OF_ORDERS",
    "STATES",
    "Discrepancy",
    "Entry",
    "InventoryItem",
    "Item",
    "ItemKey",
    "ItemView",
    "Level",
    "LevelNow",
    "LevelView",
    "Line",
    "Location",
    "LocationChanged",
    "LocationView",
    "Movement",
    "MovementFilter",
    "MovementView",
    "ProductStock",
    "Reservation",
    "ReservationView",
    "RowEffect",
    "Settled",
    "StockChanged",
    "StockFigures",
    "StockLow",
    "StockRow",
    "Stockroom",
    "Summary",
    "ThresholdChanged",
    "Want",
    "add",
    "apply_rows",
    "check",
    "commit_reservation",
    "count",
    "create_location",
    "delete_location",
    "describe",
    "expire",
    "extend",
    "find_item",
    "find_items",
    "get_item",
    "get_location",
    "get_reservation",
    "item_of",
    "list_entries",
    "list_items",
    "list_locations",
    "list_movements",
    "list_reservations",
    "parse_label",
    "parse_reason",
    "platform_stockroom",
    "release",
    "release_expired",
    "remove",
    "reserve",
    "set_level",
    "set_threshold",
    "settle",
    "show_item",
    "stock_figures",
    "stock_of_products",
    "stockroom",
    "stockroom_of",
    "summary",
    "titles_of",
    "transfer",
    "update_location",
]
