"""Merchants, stores, members, and who may enter which store."""

from orion.merchants.access import (
    ROLES,
    Role,
    StoreAccess,
    open_store,
    open_store_as_admin,
    store_access_default,
)
from orion.merchants.events import MemberChanged, StoreCreated, StoreUpdated
from orion.merchants.members import MemberView, add_member, change_member, list_members, remove_member
from orion.merchants.models import Member, Merchant, Store
from orion.merchants.stores import all_stores, create_store, stores_of, update_store

__all__ = [
    "ROLES",
    "Member",
    "MemberChanged",
    "MemberView",
    "Merchant",
    "Role",
    "Store",
    "StoreAccess",
    "StoreCreated",
    "StoreUpdated",
    "add_member",
    "all_stores",
    "change_member",
    "create_store",
    "list_members",
    "open_store",
    "open_store_as_admin",
    "remove_member",
    "store_access_default",
    "stores_of",
    "update_store",
]
