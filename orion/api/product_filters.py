"""The parameters by which products are chosen, the same for lists, facets, exports and bulk actions."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from orion.catalog import ListingFilter, MarketplaceFilter

SharedSort = Literal["oldest", "newest", "price_asc", "price_desc", "title", "relevance"]
ListingSort = Literal["oldest", "newest", "price_asc", "price_desc", "title", "relevance", "display_order"]

SORT = (
    "`relevance` if something is searched for, else `oldest`, unless given. By price each currency stands by itself, "
    "and what has no price comes last; titles are put in order by the first of the English, the French and the German "
    "one"
)
CURSOR = "`next_cursor` of the page before; the same filters and the same sort with it"
TOTAL = "null beyond 10,000 products (1,000 where the list is narrowed down), and on pages read by cursor"
ESTIMATE = "about how many there are, where they are not counted"
SEARCHED = "the words that were looked for, where nothing has those of the search"


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    search: str | None = Field(
        None,
        max_length=200,
        description="words of titles and brands, in any case and with or without accents: all of them must be there, "
        "the last one may be a beginning. Or the beginning of an id: the feed's, the maker's, the GTIN",
    )
    marketplace: str | None = Field(None, description="Letzshop, Amazon, eBay or CodesWholesale")
    brand: str | None = Field(None, description="exactly this brand")
    category: str | None = Field(
        None, description="a category's number (those below it count too), or a path as feeds have it"
    )
    availability: str | None = Field(None, description="in_stock, out_of_stock, preorder or backorder")
    condition: str | None = Field(None, description="new, refurbished or used")
    min_price: str | None = Field(None, description="of what a buyer pays: the sale price where there is one")
    max_price: str | None = None
    currency: str | None = Field(None, description="of the range of prices; without one: all prices in this currency")
    text_language: str | None = Field(None, description="only products with a text in this language")
    is_digital: bool | None = None
    language: str | None = Field(
        None, description="en, fr or de: the language wanted for texts, and in which `search` is understood"
    )


class SharedFields(_Fields):
    """Which marketplace products are wanted."""

    store: str | None = Field(
        None, alias="shop_name", description="name or code of the store whose feed describes the product"
    )

    def wanted(self) -> MarketplaceFilter:
        """The filter of the catalogue."""
        return MarketplaceFilter(**_chosen(self, SharedFields))


class ListingFields(_Fields):
    """Which of a store's products are wanted, by their values in effect."""

    is_active: bool | None = None
    is_featured: bool | None = None

    def wanted(self) -> ListingFilter:
        """The filter of the catalogue."""
        return ListingFilter(**_chosen(self, ListingFields))


def cursor_scope(list_: str, wanted: ListingFilter | MarketplaceFilter, sort: str | None) -> str:
    """What a cursor is good for: one list (of one store), filtered and sorted as it was."""
    return f"{list_}:{sort}:{wanted!r}"


def _chosen(fields: BaseModel, of: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(fields, name) for name in of.model_fields}
