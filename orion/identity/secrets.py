"""Secrets that we hand out and keep only the digest of."""

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits, safe in URLs, headers and cookies."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """The SHA-256 by which a random secret is stored; such a secret cannot be guessed from it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
