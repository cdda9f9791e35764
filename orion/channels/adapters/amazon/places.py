"""Where Amazon is: marketplaces, the hosts of its regions, and its sellers' portals.

Source: "Marketplace IDs", "SP-API Endpoints" and "Seller Central URLs" of the API's guide.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A marketplace: its region, the language and currency of its listings, and its sellers' portal."""

    name: str
    region: str
    language: str
    currency: str
    portal: str


def _eu(
    name: str, language: str, currency: str = "EUR", portal: str = "sellercentral-europe.amazon.com"
) -> Marketplace:
    return Marketplace(name, "eu", language, currency, f"https://{portal}")


MARKETPLACES = {
    "A1PA6795UKMFR9": _eu("Amazon.de", "de"),
    "A13V1IB3VIYZZH": _eu("Amazon.fr", "fr"),
    "AMEN7PMS3EDWL": _eu("Amazon.com.be", "fr", portal="sellercentral.amazon.com.be"),
    "A1805IZSGTT6HS": _eu("Amazon.nl", "nl", portal="sellercentral.amazon.nl"),
    "APJ6JRA9NG5V4": _eu("Amazon.it", "it"),
    "A1RKKUPIHCS9HS": _eu("Amazon.es", "es"),
    "A1C3SOZRARQ6R3": _eu("Amazon.pl", "pl", "PLN", portal="sellercentral.amazon.pl"),
    "A2NODRKZP88ZB9": _eu("Amazon.se", "sv", "SEK", portal="sellercentral.amazon.se"),
    "A28R8C7NBKEWEA": _eu("Amazon.ie", "en"),
    "A1F83G8C2ARO7P": _eu("Amazon.co.uk", "en", "GBP"),
    "ATVPDKIKX0DER": Marketplace("Amazon.com", "na", "en", "USD", "https://sellercentral.amazon.com"),
    "A2EUQ1WTGCTBG2": Marketplace("Amazon.ca", "na", "en", "CAD", "https://sellercentral.amazon.ca"),
    "A1VC38T7YXB528": Marketplace("Amazon.co.jp", "fe", "ja", "JPY", "https://sellercentral.amazon.co.jp"),
    "A39IBJ37TRP1C6": Marketplace("Amazon.com.au", "fe", "en", "AUD", "https://sellercentral.amazon.com.au"),
}
"""By marketplace id. Luxembourg has none of its own: its buyers order in Germany, France and Belgium."""

REGIONS = (("eu", "Europe"), ("na", "North America"), ("fe", "Far East"))
TOKEN_HOST = "https://api.amazon.com"  # noqa: S105 (an address)

HOSTS = {
    environment: {
        **{region: f"https://{prefix}sellingpartnerapi-{region}.amazon.com" for region, _ in REGIONS},
        "api": f"https://{prefix}sellingpartnerapi-eu.amazon.com",
        "token": TOKEN_HOST,
    }
    for environment, prefix in (("live", ""), ("sandbox", "sandbox."))
}
