"""What people are told, in the portal and by mail: a recipient, a kind and its facts. Knows nothing of the rest."""

from orion.notifications.events import MailWanted
from orion.notifications.kinds import KINDS, Kind, describe, fill
from orion.notifications.models import MAIL_STATUSES, Notification, NotificationPreference, OutgoingMail
from orion.notifications.notify import list_notifications, mark_all_read, mark_read, notify, unread_count
from orion.notifications.outbox import PORTAL, purge_notices, send_mail
from orion.notifications.preferences import Preference, list_preferences, set_preferences

__all__ = [
    "KINDS",
    "MAIL_STATUSES",
    "PORTAL",
    "Kind",
    "MailWanted",
    "Notification",
    "NotificationPreference",
    "OutgoingMail",
    "Preference",
    "describe",
    "fill",
    "list_notifications",
    "list_preferences",
    "mark_all_read",
    "mark_read",
    "notify",
    "purge_notices",
    "send_mail",
    "set_preferences",
    "unread_count",
]
