"""What a store enters to connect to eBay, where that is, and how often we ask."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from orion.channels.adapters.ebay.adapter import EbayAdapter
from orion.channels.adapters.ebay.asking import refusal
from orion.channels.adapters.ebay.login import CONSENT, TOKEN
from orion.channels.adapters.ebay.notices import is_signed
from orion.channels.client import Rate
from orion.channels.registry import Field, Manifest, register
from orion.kernel import FieldError
from orion.plumbing.settings import Settings

MARKETPLACES = (
    ("EBAY_DE", "Germany"),
    ("EBAY_FR", "France"),
    ("EBAY_BE", "Belgium"),
    ("EBAY_NL", "Netherlands"),
    ("EBAY_IT", "Italy"),
    ("EBAY_ES", "Spain"),
    ("EBAY_AT", "Austria"),
    ("EBAY_CH", "Switzerland"),
    ("EBAY_IE", "Ireland"),
    ("EBAY_PL", "Poland"),
    ("EBAY_GB", "United Kingdom"),
    ("EBAY_US", "United States"),
    ("EBAY_CA", "Canada"),
    ("EBAY_AU", "Australia"),
)


def _operator_secrets(settings: Settings) -> Mapping[str, str]:
    return {
        "client_id": settings.ebay_client_id,
        "client_secret": settings.ebay_client_secret.get_secret_value(),
        "runame": settings.ebay_runame,
    }


def _check(_: Mapping[str, Any], secrets: Mapping[str, str]) -> Sequence[FieldError]:
    own = [name for name in ("client_id", "client_secret") if secrets.get(name)]
    if len(own) != 1:
        return ()
    missing = "client_secret" if own == ["client_id"] else "client_id"
    return [FieldError(f"secrets.{missing}", "An app of your own needs both its client id and its client secret")]


MANIFEST = register(
    Manifest(
        channel="ebay",
        adapter=EbayAdapter,
        secrets=(
            Field(
                "refresh_token",
                "Refresh token",
                "secret",
                help="The consent page of eBay gives it. For an app of your own it is the refresh_token that eBay "
                "answers to the authorization code; what developer.ebay.com shows under User Tokens ends after two "
                "hours.",
                lives=timedelta(seconds=47_304_000),
                renew="Allow it at eBay once more by the button of this connection. With an app of your own, go "
                "through its consent once more, and enter the new refresh token here.",
                by_consent=True,
            ),
            Field(
                "client_id",
                "App ID (client id)",
                "text",
                required=False,
                help="Only for an app of your own: on developer.ebay.com under Application Keys, in the keyset "
                "Production (or Sandbox, for the sandbox).",
            ),
            Field(
                "client_secret",
                "Cert ID (client secret)",
                "secret",
                required=False,
                help="Only for an app of your own: in the same keyset as the App ID.",
            ),
        ),
        settings=(
            Field(
                "marketplace",
                "Marketplace",
                "choice",
                choices=MARKETPLACES,
                default="EBAY_DE",
                help="Whose offers get our stock and prices. Orders come from all of them.",
            ),
            Field(
                "location",
                "Ship-to location",
                required=False,
                help="The key of the inventory location that the stock lies at (merchantLocationKey), if you use one.",
            ),
            Field("user_id", "eBay user id", required=False, help="EBay tells it by itself."),
            Field("username", "eBay user name", required=False, help="EBay tells it by itself."),
        ),
        hosts={
            "live": {
                "api": "https://api.ebay.com",
                "identity": "https://apiz.ebay.com",
                "auth": "https://auth.ebay.com",
            },
            "sandbox": {
                "api": "https://api.sandbox.ebay.com",
                "identity": "https://apiz.sandbox.ebay.com",
                "auth": "https://auth.sandbox.ebay.com",
            },
        },
        # EBay counts by day and application, over all stores: these leave room for some.
        rates={
            "getOrders": Rate(0.5, 50),
            "getOrder": Rate(0.5, 50),
            "getShippingFulfillments": Rate(0.5, 50),
            "createShippingFulfillment": Rate(0.5, 50),
            "getUser": Rate(0.05, 10),
            "getInventoryItems": Rate(1, 50),
            "getOffers": Rate(5, 200),
            "bulkUpdatePriceQuantity": Rate(2, 50),
        },
        token=TOKEN,
        consent=CONSENT,
        refusal=refusal,
        operator_secrets=_operator_secrets,
        push_is_signed=is_signed,
        check=_check,
        notes="Only listings that were made by eBay's Inventory API have products and stock here; orders are all.",
    )
)
