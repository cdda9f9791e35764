"""The marketplaces that product feeds come from, by the names they are stored and shown under."""

from orion.kernel.errors import FieldError, Invalid

MARKETPLACES: tuple[str, ...] = ("Letzshop", "Amazon", "eBay", "CodesWholesale")
_BY_FOLDED = {name.casefold(): name for name in MARKETPLACES}


def parse_marketplace(text: str, field: str = "marketplace") -> str:
    """The stored name for what a person typed ("letzshop" -> "Letzshop"). Raises Invalid (`unknown_marketplace`)."""
    name = _BY_FOLDED.get(text.strip().casefold())
    if name is None:
        message = f"{text!r} is not one of the marketplaces {', '.join(MARKETPLACES)}"
        raise Invalid("unknown_marketplace", message, errors=[FieldError(field, message)])
    return name
