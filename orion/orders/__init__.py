"""The unified orders of a store, from every channel: taking them in, matching their lines, and what becomes of them."""

from orion.orders.check import OrderFault, check
from orion.orders.details import (
    HistoryView,
    LineView,
    NoteView,
    OrderDetails,
    get_order,
    get_order_as_admin,
    get_payload,
    list_notes,
)
from orion.orders.events import OrderChanged, OrdersArrived
from orion.orders.figures import OrderFigures, order_figures
from orion.orders.forget import forget_buyer, forget_buyers_soon
from orion.orders.lines import match_line, unmatch_line
from orion.orders.models import FLAGS, MATCHED_BY, STOCK_STATES, Order, OrderHistory, OrderLine, OrderNote, OrderPayload
from orion.orders.notes import add_note, delete_note
from orion.orders.progress import advance, clear_flag, reachable
from orion.orders.queries import (
    OrderCounts,
    OrderFilter,
    OrderSummary,
    UnmatchedLine,
    count_orders,
    is_open,
    list_all_orders,
    list_orders,
    list_unmatched,
)
from orion.orders.short import reserve_short, retry_all_short, stock_came_in
from orion.orders.states import TO_SEND
from orion.orders.take_in import TakenIn, take_in
from orion.orders.totals import NO_CURRENCY

__all__ = [
    "FLAGS",
    "MATCHED_BY",
    "NO_CURRENCY",
    "STOCK_STATES",
    "TO_SEND",
    "HistoryView",
    "LineView",
    "NoteView",
    "Order",
    "OrderChanged",
    "OrderCounts",
    "OrderDetails",
    "OrderFault",
    "OrderFigures",
    "OrderFilter",
    "OrderHistory",
    "OrderLine",
    "OrderNote",
    "OrderPayload",
    "OrderSummary",
    "OrdersArrived",
    "TakenIn",
    "UnmatchedLine",
    "add_note",
    "advance",
    "check",
    "clear_flag",
    "count_orders",
    "delete_note",
    "forget_buyer",
    "forget_buyers_soon",
    "get_order",
    "get_order_as_admin",
    "get_payload",
    "is_open",
    "list_all_orders",
    "list_notes",
    "list_orders",
    "list_unmatched",
    "match_line",
    "order_figures",
    "reachable",
    "reserve_short",
    "retry_all_short",
    "stock_came_in",
    "take_in",
    "unmatch_line",
]
