"""Who reacts to which event: the one place that says so."""

from orion.main import audit
from orion.merchants import MemberChanged, StoreCreated, StoreUpdated
from orion.plumbing.db.engine import Handlers

HANDLERS: Handlers = {
    StoreCreated: (audit.store_created,),
    StoreUpdated: (audit.store_updated,),
    MemberChanged: (audit.member_changed,),
}
