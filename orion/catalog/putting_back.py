"""Putting products back to what they were before a source changed them, thousands at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from orion.catalog.differences import MONEY, OVERRIDES, OWN, Changes, StoredProduct, read_stored, shown_amount
from orion.catalog.intake import fingerprint
from orion.catalog.models import MarketplaceProduct, PriceTier, Product, ProductTranslation
from orion.catalog.removing import remove_listings, remove_records
from orion.catalog.restoring import Restoring
from orion.catalog.texts import TEXTS


@dataclass(frozen=True, slots=True)
class NotedChange:
    """What a source did to one product: see `TakenIn`; `product_id` is the marketplace product's."""

    kind: str
    product_id: int
    identifier: str
    changes: Changes
    fingerprint: int | None


@dataclass(frozen=True, slots=True)
class Left:
    """A value that stays as it is (`field` empty: the whole product), and why in a word."""

    field: str
    reason: str
    details: Mapping[str, Any]


@dataclass(slots=True)
class PutBack:
    """What became of one product: it has its values again, is gone or not listed any more, or stays (in part)."""

    outcome: Literal["restored", "removed", "kept"] = "restored"
    left: list[Left] = field(default_factory=list)
    restored: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of a product besides its values.

    `is_fresh`: nobody has touched it since it was created. `is_plain`: its listing has no settings of its own, nor
    texts in other languages.
    """

    is_fresh: bool
    is_plain: bool
    is_listed_elsewhere: bool
    is_active: bool | None


async def put_back(
    connection: AsyncConnection,
    noted: Sequence[NotedChange],
    *,
    store_id: int,
    marketplace: str,
    language: str,
    elsewhere: Collection[int],
) -> list[PutBack]:
    """Undo what was done to these products, each of them once, where they still are as it left them.

    Products that it created are removed, or unpublished where stock or orders refer to them; what it changed is as it
    was before. What was edited since is left alone, and told. `elsewhere` are those (marketplace products) that other
    feeds of the store describe too: they stay listed. In the connection's transaction; rows are locked in key order.
    """
    columns = {name for change in noted for name in change.changes if not name.startswith(OWN)}
    columns -= {*TEXTS, "source_store_id"}
    stored = await read_stored(
        connection,
        [change.identifier for change in noted],
        sorted(columns | set(MONEY)),
        store_id=store_id,
        marketplace=marketplace,
        language=language,
        lock=True,
    )
    found = [product for change in noted if (product := _same(stored, change)) is not None]
    states = await _states(connection, store_id, language, sorted(product.id for product in found))
    work = _Work(store_id, Restoring(store_id, language), set(elsewhere))
    done = [work.judge(change, _same(stored, change), states) for change in noted]
    await work.restoring.write(connection)
    await work.remove(connection)
    return done


def _same(stored: Mapping[str, StoredProduct], change: NotedChange) -> StoredProduct | None:
    product = stored.get(change.identifier)
    return product if product is not None and product.id == change.product_id else None


async def _states(connection: AsyncConnection, store_id: int, language: str, ids: Sequence[int]) -> dict[int, _State]:
    """The state of each product; the store's listings of them are locked first."""
    if not ids:
        return {}
    mine = sa.and_(Product.store_id == store_id, Product.marketplace_product_id.in_(ids))
    await connection.execute(sa.select(Product.id).where(mine).order_by(Product.id).with_for_update())
    other, text = aliased(Product), ProductTranslation
    rows = await connection.execute(
        sa.select(
            MarketplaceProduct.id,
            MarketplaceProduct.updated_at == MarketplaceProduct.created_at,
            sa.and_(
                Product.is_active,
                ~Product.is_featured,
                Product.sku.is_(None),
                Product.display_order == 0,
                Product.min_quantity == 1,
                Product.max_quantity.is_(None),
                ~sa.exists().where(PriceTier.product_id == Product.id).correlate(Product),
                ~sa.exists().where(text.product_id == Product.id, text.language != language).correlate(Product),
            ),
            sa.exists()
            .where(other.marketplace_product_id == MarketplaceProduct.id, other.store_id != store_id)
            .correlate(MarketplaceProduct),
            Product.is_active,
        )
        .outerjoin(Product, sa.and_(Product.marketplace_product_id == MarketplaceProduct.id, mine))
        .where(MarketplaceProduct.id.in_(ids))
    )
    return {row[0]: _State(bool(row[1]), bool(row[2]), bool(row[3]), row[4]) for row in rows}


@dataclass(slots=True)
class _Work:
    """What is to be written, as it is found out change by change."""

    store_id: int
    restoring: Restoring
    elsewhere: set[int]
    listings: dict[int, PutBack] = field(default_factory=dict)
    records: dict[int, tuple[int | None, PutBack]] = field(default_factory=dict)

    def judge(self, change: NotedChange, product: StoredProduct | None, states: Mapping[int, _State]) -> PutBack:
        """Decide about one product."""
        done = PutBack()
        if product is None:
            created = change.kind == "created"
            return PutBack("removed") if created else PutBack("kept", [Left("", "deleted_since", {})])
        state = states[product.id]
        if change.kind == "created":
            self._created(change, product, state, done)
        elif change.kind == "listed":
            self._listed(change, product, state, done)
        else:
            self._restore(change.changes, product, state, done)
        if done.left and done.outcome == "restored":
            done.outcome = "kept"
        return done

    def _created(self, change: NotedChange, product: StoredProduct, state: _State, done: PutBack) -> None:
        title = product.values["title"]
        texts = fingerprint(title, product.values["description"]) if title is not None else None
        if product.id in self.elsewhere:
            done.left.append(Left("", "in_another_feed", {}))
        elif not state.is_fresh or texts != change.fingerprint:
            done.left.append(Left("", "edited_since", {}))
        elif product.listing_id is not None and not _is_as_listed(change, product, state):
            done.left.append(Left("", "edited_since", {"listing_id": product.listing_id}))
        elif state.is_listed_elsewhere:
            done.outcome = "removed"
            done.left.append(Left("", "listed_by_others", {}))
            if product.source_store_id == self.store_id:
                self.restoring.record(product, {"source_store_id": None})
            if product.listing_id is not None:
                self.listings[product.listing_id] = done
        else:
            done.outcome = "removed"
            self.records[product.id] = product.listing_id, done

    def _listed(self, change: NotedChange, product: StoredProduct, state: _State, done: PutBack) -> None:
        shared = {name: pair for name, pair in change.changes.items() if not name.startswith(OWN)}
        self._restore(shared, product, state, done)
        if product.listing_id is None:
            done.outcome = "removed"
        elif product.id in self.elsewhere:
            done.left.append(Left("", "in_another_feed", {"listing_id": product.listing_id}))
        elif not _is_as_listed(change, product, state):
            done.left.append(Left("", "edited_since", {"listing_id": product.listing_id}))
        else:
            done.outcome = "removed"
            self.listings[product.listing_id] = done

    def _restore(self, changes: Changes, product: StoredProduct, state: _State, done: PutBack) -> None:
        """Give the fields their prior values, those that mean nothing alone together or not at all."""
        claim = changes.get("source_store_id")
        if claim and product.source_store_id == claim[1] and product.id not in self.elsewhere:
            self.restoring.record(product, {"source_store_id": claim[0]})
        for names in _units(changes):
            wrong = any(self._present(name, product, state) != changes[name][1] for name in names)
            if names[0] == "title" and changes["title"][0] is None and "description" not in names:
                wrong = wrong or product.values["description"] is not None
            reason = self._obstacle(names[0], product) or ("edited_since" if wrong else None)
            differing = [name for name in names if changes[name][0] != changes[name][1]]
            if reason is None:
                self.restoring.add(product, {name: changes[name][0] for name in names})
                done.restored.update(differing)
                continue
            amounts = [name for name in differing if name.endswith("_minor")]
            for name in amounts or differing:
                done.left.append(Left(name.removesuffix("_minor"), reason, self._told(name, changes, product, state)))

    def _told(self, name: str, changes: Changes, product: StoredProduct, state: _State) -> dict[str, Any]:
        (before, after), found = changes[name], self._present(name, product, state)
        if name.endswith("_minor"):
            currency = (OWN if name.startswith(OWN) else "") + "currency"
            codes = [*changes[currency], self._present(currency, product, state)]
            before, after, found = map(shown_amount, (before, after, found), codes)
        details = {"expected": after, "found": found, "before": before}
        return details if product.listing_id is None else details | {"listing_id": product.listing_id}

    def _obstacle(self, name: str, product: StoredProduct) -> str | None:
        if name.startswith(OWN):
            return "deleted_since" if product.listing_id is None else None
        return None if product.source_store_id in (None, self.store_id) else "described_by_others"

    @staticmethod
    def _present(name: str, product: StoredProduct, state: _State) -> Any:
        if name == f"{OWN}is_active":
            return state.is_active
        return product.values[name]

    async def remove(self, connection: AsyncConnection) -> None:
        """Take away what is to go; what stock or orders refer to is unpublished instead, and stays."""
        kept = await remove_listings(connection, list(self.listings))
        refused = await remove_records(connection, list(self.records))
        held: list[tuple[int | None, PutBack]] = [(listing, self.listings[listing]) for listing in kept]
        held += [self.records[record] for record in refused]
        for listing, done in held:
            done.left.append(Left("", "referred_to", {"listing_id": listing, "unpublished": True}))


def _is_as_listed(change: NotedChange, product: StoredProduct, state: _State) -> bool:
    """Whether the listing says just what the source had it say."""
    fields = [OWN + name for name in (*OVERRIDES, *TEXTS)]
    said = {name: after for name, (_, after) in change.changes.items()}
    return state.is_plain and all(product.values[name] == said.get(name) for name in fields)


def _units(changes: Changes) -> Iterable[list[str]]:
    """The fields in groups that are restored together: amounts with their currency, texts that were not there."""
    left = {name: None for name in changes if name != "source_store_id"}
    for prefix in ("", OWN):
        money = [prefix + name for name in MONEY if prefix + name in left]
        texts = [prefix + name for name in TEXTS if prefix + name in left]
        new_texts = texts if not prefix and "title" in changes and changes["title"][0] is None else []
        for unit in (money, new_texts):
            if unit:
                yield unit
                for name in unit:
                    del left[name]
    for name in left:
        yield [name]
