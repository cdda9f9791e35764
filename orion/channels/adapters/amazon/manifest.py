"""What a store enters to connect to Amazon, where that is, and how often we may ask."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from orion.channels.adapters.amazon.adapter import AmazonSeller
from orion.channels.adapters.amazon.asking import refusal
from orion.channels.adapters.amazon.documents import DOCUMENT_HOSTS
from orion.channels.adapters.amazon.login import CONSENT, TOKEN
from orion.channels.adapters.amazon.places import HOSTS, MARKETPLACES, REGIONS
from orion.channels.client import Rate
from orion.channels.registry import Field, Manifest, register
from orion.kernel import FieldError
from orion.plumbing.settings import Settings

SECRET_LIVES = timedelta(days=180)
"""Amazon ends an app's client secret so long after it was made."""


def _operator_secrets(settings: Settings) -> Mapping[str, str]:
    return {
        "app_id": settings.amazon_app_id,
        "client_id": settings.amazon_client_id,
        "client_secret": settings.amazon_client_secret.get_secret_value(),
    }


def _check(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Sequence[FieldError]:
    """Marketplaces are of the region; an app of one's own has both of its credentials."""
    errors = []
    region = values.get("region")
    if foreign := [one for one in values.get("marketplace_ids", ()) if MARKETPLACES[one].region != region]:
        names = ", ".join(MARKETPLACES[one].name for one in foreign)
        errors.append(FieldError("settings.marketplace_ids", f"{names}: not in this region. Make one connection each"))
    if ("client_id" in secrets) != ("client_secret" in secrets):
        missing = "client_secret" if "client_id" in secrets else "client_id"
        errors.append(FieldError(f"secrets.{missing}", "An app of your own has a client id and a client secret"))
    return errors


MANIFEST = register(
    Manifest(
        channel="amazon",
        adapter=AmazonSeller,
        secrets=(
            Field(
                "refresh_token",
                "Refresh token",
                "secret",
                by_consent=True,
                help="Amazon's consent page gives it. For an app of your own: in Seller Central under Apps and "
                "Services, Develop Apps, the arrow beside Edit App, Authorize. It begins with Atzr|.",
            ),
            Field(
                "client_id",
                "LWA client id",
                "text",
                required=False,
                help="Only for an app of your own: in Seller Central under Apps and Services, Develop Apps, in the "
                "column LWA credentials, View. It begins with amzn1.application-oa2-client.",
            ),
            Field(
                "client_secret",
                "LWA client secret",
                "secret",
                required=False,
                lives=SECRET_LIVES,
                help="Stands beside the client id. Amazon ends it 180 days after it was made.",
                renew="In Seller Central, open Apps and Services, Develop Apps. In the column LWA credentials choose "
                "View, then Rotate secret, and copy the new client secret. Enter it here as LWA client secret; "
                "everything else stays.",
            ),
        ),
        settings=(
            Field("region", "Region", "choice", choices=REGIONS, default="eu", help="Where your seller account is."),
            Field(
                "marketplace_ids",
                "Marketplaces",
                "choices",
                choices=tuple((one, marketplace.name) for one, marketplace in MARKETPLACES.items()),
                help="Where you sell. Amazon has no marketplace in Luxembourg.",
            ),
            Field(
                "seller_id",
                "Seller id",
                "text",
                required=False,
                help="Needed for stock and listings; the consent page brings it. In Seller Central under Settings, "
                "Account Info, Business Information, Your Merchant Token.",
            ),
        ),
        hosts=HOSTS,
        # The usage plans of the API's documentation; what an answer says of them counts from then on.
        rates={
            "getMarketplaceParticipations": Rate(0.016, 15),
            "searchOrders": Rate(0.0056, 20),
            "getOrder": Rate(0.5, 30),
            "confirmShipment": Rate(2, 10),
            "listTransactions": Rate(0.5, 10),
            "getListingsItem": Rate(5, 5),
            "searchListingsItems": Rate(5, 5),
            "patchListingsItem": Rate(5, 5),
            "searchCatalogItems": Rate(2, 2),
            "createReport": Rate(0.0167, 15),
            "getReport": Rate(2, 15),
            "getReportDocument": Rate(0.0167, 15),
            "createFeedDocument": Rate(0.5, 15),
            "createFeed": Rate(0.0083, 15),
            "getFeed": Rate(2, 15),
            "getFeedDocument": Rate(0.0222, 10),
        },
        document_hosts=DOCUMENT_HOSTS,
        rate_header="x-amzn-ratelimit-limit",
        token=TOKEN,
        consent=CONSENT,
        refusal=refusal,
        operator_secrets=_operator_secrets,
        check=_check,
        notes="Buyers' names, addresses and e-mail need Amazon's restricted roles; without them they stay empty.",
    )
)
