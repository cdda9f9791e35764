"""Who reacts to which event, and what workers do every hour: the one place that says so."""

from orion.feeds import ImportFinished, ImportRequested, forget_spools
from orion.main import audit
from orion.main.purge import purge
from orion.merchants import MemberChanged, StoreCreated, StoreUpdated
from orion.plumbing.db.engine import Handlers
from orion.plumbing.jobs import Chore

HANDLERS: Handlers = {
    StoreCreated: (audit.store_created,),
    StoreUpdated: (audit.store_updated,),
    MemberChanged: (audit.member_changed,),
    ImportRequested: (audit.import_requested,),
    ImportFinished: (audit.import_finished,),
}

CHORES: tuple[Chore, ...] = (purge, forget_spools)
