"""What a store enters to connect to CodesWholesale, where that is, and how often we ask."""

from orion.channels.adapters.codeswholesale.adapter import CodesWholesaleSupplier
from orion.channels.adapters.codeswholesale.asking import refusal
from orion.channels.client import ChannelClient, Rate
from orion.channels.registry import Field, Manifest, register
from orion.channels.tokens import Token, TokenSource, oauth_token


async def _fetch(client: ChannelClient) -> Token:
    """A token by client credentials (RFC 6749 section 4.4); while one is good, the same comes with what is left."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client.secrets["client_id"],
        "client_secret": client.secrets["client_secret"],
    }
    said = await oauth_token(client, f"{client.host()}/oauth/token", form)
    return Token(said["access_token"], said["expires_in"])


MANIFEST = register(
    Manifest(
        channel="codeswholesale",
        adapter=CodesWholesaleSupplier,
        secrets=(
            Field(
                "client_id",
                "Client id",
                "text",
                help="On app.codeswholesale.com under API, Generate credentials. The sandbox has credentials of its "
                "own.",
            ),
            Field(
                "client_secret",
                "Client secret",
                "secret",
                help="Stands beside the client id, once: when the credentials are generated.",
            ),
        ),
        settings=(
            Field(
                "currency",
                "Currency of the account",
                "choice",
                choices=("EUR", "USD", "GBP", "PLN"),
                default="EUR",
                help="CodesWholesale tells prices without a currency: they are in the account's.",
            ),
            Field(
                "preorders",
                "Pre-orders",
                "choice",
                choices=(("refuse", "Refuse"), ("accept", "Accept")),
                default="refuse",
                help="Whether keys may be bought that are paid now and come when the product is released.",
            ),
        ),
        hosts={
            "live": {"api": "https://api.codeswholesale.com"},
            "sandbox": {"api": "https://sandbox.codeswholesale.com"},
        },
        # Half of what their support tells people: 50 tokens and 600 single products in 5 minutes, 400 lists in 10. A
        # bucket that is full at the start gives twice its rate in the first of these windows. The rest is not known.
        rates={
            "token": Rate(25 / 300, 25),
            "products": Rate(200 / 600, 200),
            "description": Rate(300 / 300, 60),
            "createOrder": Rate(2, 20),
            "*": Rate(2, 60),
        },
        token=TokenSource(_fetch),
        refusal=refusal,
        notes="Keys are bought when they are needed and paid from the balance there. Orders do not come from it.",
    )
)
