"""Orders of keys as the supplier tells them. Raises Odd, in words, for what it cannot read, never with a code in it."""

from typing import Any, Literal

from orion.channels.adapters import values
from orion.channels.ports import KeyPurchase, RemoteKey

KINDS: dict[str, Literal["text", "image", "preorder"]] = {
    "CODE_TEXT": "text",
    "CODE_IMAGE": "image",
    "CODE_PREORDER": "preorder",
    "PRE_ORDER": "preorder",
}
COMPLETED = "completed"
FAILED = ("cancelled", "canceled", "failed")


def read_purchase(node: dict[str, Any], currency: str) -> KeyPurchase:
    """The order with every code of every product.

    It is complete when the supplier says so and every code is there: a completed order can hold pre-ordered ones.
    """
    status = values.text(node, "status")
    if status is None:
        raise values.Odd("status is missing")
    keys: list[RemoteKey] = []
    whole = status.casefold() == COMPLETED
    for product in values.entries(node, "products"):
        product_id = values.identifier(product, "productId")
        codes = values.entries(product, "codes")
        keys += [read_key(code, product_id) for code in codes]
        whole = whole and bool(codes)
    return KeyPurchase(
        supplier_order_id=values.identifier(node, "orderId"),
        client_order_id=values.text(node, "clientOrderId") or "",
        status=status,
        complete=whole and bool(keys) and all(key.code for key in keys),
        keys=tuple(keys),
        total_minor=_total(node, currency),
        currency=currency,
        failed=status.casefold() in FAILED,
    )


def read_key(node: dict[str, Any], product_id: str) -> RemoteKey:
    """One code. Of a type that nobody has told of, it is an image if it is a file."""
    code, filename = values.text(node, "code"), values.text(node, "filename")
    kind = KINDS.get(str(node.get("codeType")))
    if kind is None:
        kind = ("image" if filename else "text") if code else "preorder"
    return RemoteKey(
        key_id=values.identifier(node, "codeId"),
        channel_product_id=product_id,
        kind=kind,
        code=None if kind == "preorder" else code,
        filename=filename if kind == "image" else None,
    )


def _total(node: dict[str, Any], currency: str) -> int | None:
    """What it cost; an odd number is no reason to lose keys that are paid."""
    try:
        return values.minor(node, "totalPrice", currency)
    except values.Odd:
        return None
