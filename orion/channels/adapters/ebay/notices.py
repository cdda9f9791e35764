"""Whether a notification was sent by eBay: its header X-EBAY-SIGNATURE, checked with eBay's public keys.

Source: eBay's event notification SDKs: the header is base64 of JSON {alg, kid, signature, digest}; the signature is
ECDSA over the body as it came, the key that of getPublicKey (Commerce Notification API v1), to be kept for an hour.
"""

import base64
import binascii
import re
import time
from collections import OrderedDict, deque
from collections.abc import Mapping

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orion.channels.adapters.ebay.asking import read
from orion.channels.adapters.ebay.login import ask_as_app
from orion.channels.client import ChannelClient
from orion.channels.errors import ChannelUnavailable, Refused, Unreadable

KEPT_SECONDS = 3600.0
MOST_KEPT = 200
MOST_A_MINUTE = 20
"""Keys that are asked for in a minute: whoever invents key ids must not spend our calls."""

_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "SHA1": hashes.SHA1,  # what eBay signs with
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_HEADER = 4096

_Place = tuple[str, str]
_KEYS: OrderedDict[_Place, tuple[float, ec.EllipticCurvePublicKey | None]] = OrderedDict()
_ASKED: deque[float] = deque(maxlen=MOST_A_MINUTE)


async def is_signed(client: ChannelClient, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether eBay has signed this body. Raises ChannelError when its key cannot be had now."""
    told = _told(headers.get("x-ebay-signature", ""))
    if told is None:
        return False
    key_id, signature, digest = told
    key = await _key(client, key_id)
    if key is None:
        return False
    try:
        key.verify(signature, body, ec.ECDSA(digest()))
    except InvalidSignature:
        return False
    return True


def _told(header: str) -> tuple[str, bytes, type[hashes.HashAlgorithm]] | None:
    """Key id, signature and digest of the header; None for what is none."""
    if not header or len(header) > _LONGEST_HEADER:
        return None
    try:
        told = orjson.loads(base64.b64decode(header, validate=True))
        key_id, signature = told["kid"], base64.b64decode(told["signature"], validate=True)
        digest = _DIGESTS[str(told.get("digest") or "SHA1").upper().replace("-", "")]
        is_known = str(told.get("alg", "")).upper() == "ECDSA" and isinstance(key_id, str)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return None
    return (key_id, signature, digest) if is_known and _KEY_ID.fullmatch(key_id) else None


async def _key(client: ChannelClient, key_id: str) -> ec.EllipticCurvePublicKey | None:
    """The key of that id, kept or asked for; None when eBay has none."""
    place = (client.host(), key_id)
    until, kept = _KEYS.get(place, (0.0, None))
    now = time.monotonic()
    if now < until:
        return kept
    if len(_ASKED) == MOST_A_MINUTE and now - _ASKED[0] < 60:
        raise ChannelUnavailable("keys_awaited", "Too many keys were asked for: try again in a minute", retry_after=60)
    _ASKED.append(now)
    key = await _ask(client, key_id)
    _KEYS[place] = (now + KEPT_SECONDS, key)
    while len(_KEYS) > MOST_KEPT:
        _KEYS.popitem(last=False)
    return key


async def _ask(client: ChannelClient, key_id: str) -> ec.EllipticCurvePublicKey | None:
    try:
        said = read(await ask_as_app(client, "getPublicKey", f"/commerce/notification/v1/public_key/{key_id}"))
    except Refused:
        return None
    text = re.sub(r"-----(BEGIN|END) PUBLIC KEY-----|\s", "", str(said.get("key") or ""))
    try:
        key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Unreadable("unreadable", "getPublicKey: what came is no key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Unreadable("unreadable", "getPublicKey: the key is not one of an elliptic curve")
    return key
