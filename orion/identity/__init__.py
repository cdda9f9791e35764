"""Users, passwords, tokens, sessions, roles and the audit log."""

from orion.identity.access import Admin, as_admin
from orion.identity.audit import acting_with_key, record_audit
from orion.identity.authenticate import authenticate
from orion.identity.models import AuditEntry, User
from orion.identity.purge import purge_expired_logins
from orion.identity.sessions import close_web_session, open_web_session, user_for_web_session
from orion.identity.tokens import (
    AccessClaims,
    RefreshTokenReused,
    TokenPair,
    issue_tokens,
    read_access_token,
    revoke_tokens,
    rotate_tokens,
    user_for_access_token,
)
from orion.identity.users import change_password, create_admin, find_user, register

__all__ = [
    "AccessClaims",
    "Admin",
    "AuditEntry",
    "RefreshTokenReused",
    "TokenPair",
    "User",
    "acting_with_key",
    "as_admin",
    "authenticate",
    "change_password",
    "close_web_session",
    "create_admin",
    "find_user",
    "issue_tokens",
    "open_web_session",
    "purge_expired_logins",
    "read_access_token",
    "record_audit",
    "register",
    "revoke_tokens",
    "rotate_tokens",
    "user_for_access_token",
    "user_for_web_session",
]
