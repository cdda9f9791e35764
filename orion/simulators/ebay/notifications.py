"""Commerce Notification API v1: signed notifications, and the public keys they are checked with."""

import base64
import json
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orion.simulators.ebay.answers import Wrong
from orion.simulators.ebay.content import moment_text
from orion.simulators.ebay.login import USER_ID, USERNAME

if TYPE_CHECKING:
    from orion.simulators.ebay.simulator import Ebay


class Signer:
    """A key pair on the curve P-256, as eBay signs with: ECDSA over SHA-1 of the body."""

    def __init__(self, seed: int) -> None:
        self.kid = str(uuid.UUID(int=seed % 2**128))
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        self._key = ec.derive_private_key(seed % (order - 1) + 1, ec.SECP256R1())

    def public_key(self) -> str:
        """As eBay gives it: PEM without line breaks."""
        told = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(*told).decode().replace("\n", "")

    def header(self, body: bytes) -> str:
        """The X-EBAY-SIGNATURE of a body."""
        signature = self._key.sign(body, ec.ECDSA(hashes.SHA1()))  # noqa: S303 (what eBay signs with)
        told = {
            "alg": "ecdsa",
            "kid": self.kid,
            "signature": base64.b64encode(signature).decode(),
            "digest": "SHA1",
        }
        return base64.b64encode(json.dumps(told).encode()).decode()


async def public_key(seller: "Ebay", request: Request) -> Response:
    """GetPublicKey."""
    if request.path_params["kid"] != seller.signer.kid:
        raise Wrong(404, 195007, "Invalid public key id.", domain="API_NOTIFICATION")
    return JSONResponse({"key": seller.signer.public_key(), "algorithm": "ECDSA", "digest": "SHA1"})


def order_notification(order: dict[str, Any], notification_id: str, now: datetime) -> bytes:
    """ORDER_CONFIRMATION: a buyer has completed the checkout; one for each line."""
    data = {
        "user": {"userId": USER_ID, "username": USERNAME},
        "order": {
            "orderId": order["orderId"],
            "orderLineItems": [
                {"orderLineItemId": line["lineItemId"], "listingId": line["legacyItemId"], "quantity": line["quantity"]}
                for line in order["lineItems"]
            ],
        },
    }
    return _body("ORDER_CONFIRMATION", data, notification_id, now)


def deletion_notification(username: str, user_id: str, notification_id: str, now: datetime) -> bytes:
    """MARKETPLACE_ACCOUNT_DELETION: whoever keeps something of this user has to delete it."""
    data = {"username": username, "userId": user_id, "eiasToken": base64.b64encode(user_id.encode()).decode()}
    return _body("MARKETPLACE_ACCOUNT_DELETION", data, notification_id, now)


def _body(topic: str, data: dict[str, Any], notification_id: str, now: datetime) -> bytes:
    told = {
        "metadata": {"topic": topic, "schemaVersion": "1.0", "deprecated": False},
        "notification": {
            "notificationId": notification_id,
            "eventDate": moment_text(now),
            "publishDate": moment_text(now),
            "publishAttemptCount": 1,
            "data": data,
        },
    }
    return json.dumps(told, separators=(",", ":")).encode()
