"""Users, passwords, tokens, sessions, roles and the audit log."""

from orion.identity.access import Admin, as_admin
from orion.identity.administer import (
    USER_ROLES,
    LogIns,
    administrator_ids,
    end_log_ins,
    get_user,
    list_users,
    open_log_ins,
    parse_reason,
    set_user_role,
    set_user_status,
)
from orion.identity.audit import HIDDEN, acting_with_key, record_audit, redact
from orion.identity.authenticate import authenticate
from orion.identity.events import PasswordLinkMade, UserDeactivated
from orion.identity.log import AuditFilter, AuditLine, audit_log, read_audit_log
from orion.identity.models import AuditEntry, User
from orion.identity.password_links import (
    ask_for_password_link,
    read_password_link,
    send_password_link,
    use_password_link,
)
from orion.identity.purge import purge_expired_logins
from orion.identity.secrets import digest, new_secret
from orion.identity.sessions import close_web_session, open_web_session, user_for_web_session
from orion.identity.tokens import (
    OF_LOG_IN,
    AccessClaims,
    RefreshTokenReused,
    TokenPair,
    issue_tokens,
    log_in_ended,
    read_access_token,
    revoke_tokens,
    rotate_tokens,
    user_for_claims,
)
from orion.identity.users import change_password, create_admin, find_user, register

__all__ = [
    "HIDDEN",
    "OF_LOG_IN",
    "USER_ROLES",
    "AccessClaims",
    "Admin",
    "AuditEntry",
    "AuditFilter",
    "AuditLine",
    "LogIns",
    "PasswordLinkMade",
    "RefreshTokenReused",
    "TokenPair",
    "User",
    "UserDeactivated",
    "acting_with_key",
    "administrator_ids",
    "as_admin",
    "ask_for_password_link",
    "audit_log",
    "authenticate",
    "change_password",
    "close_web_session",
    "create_admin",
    "digest",
    "end_log_ins",
    "find_user",
    "get_user",
    "issue_tokens",
    "list_users",
    "log_in_ended",
    "new_secret",
    "open_log_ins",
    "open_web_session",
    "parse_reason",
    "purge_expired_logins",
    "read_access_token",
    "read_audit_log",
    "read_password_link",
    "record_audit",
    "redact",
    "register",
    "revoke_tokens",
    "rotate_tokens",
    "send_password_link",
    "set_user_role",
    "set_user_status",
    "use_password_link",
    "user_for_claims",
    "user_for_web_session",
]
