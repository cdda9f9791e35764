"""What codes are called on pages, and in which tone: the one place that translates them."""

from collections.abc import Callable, Mapping
from typing import Any

from orion.catalog import Offer
from orion.feeds import ImportJob
from orion.kernel import Found
from orion.web import formats
from orion.web.actions import ACTIONS
from orion.web.i18n import current_language, gettext, lazy, ngettext
from orion.web.problem_texts import PROBLEMS, REMARKS

Texts = Mapping[str, Callable[[], str]]

JOB_STATES: Texts = {
    "pending": lazy("Waiting"),
    "processing": lazy("Running"),
    "completed": lazy("Completed"),
    "completed_with_errors": lazy("Completed with errors"),
    "failed": lazy("Failed"),
    "cancelled": lazy("Cancelled"),
}
JOB_TONES = {
    "processing": "info live",
    "completed": "ok",
    "completed_with_errors": "warn",
    "failed": "bad",
}
ACTIVE_STATES = ("pending", "processing")

PHASES: Texts = {
    "waiting": lazy("Waiting for its turn"),
    "downloading": lazy("Downloading the feed"),
    "reading": lazy("Reading the file"),
    "importing": lazy("Importing products"),
    "finished": lazy("Finished"),
}

SEVERITIES: Texts = {"error": lazy("Error"), "warning": lazy("Warning")}
SEVERITY_TONES = {"error": "bad", "warning": "warn"}

AVAILABILITIES: Texts = {
    "in_stock": lazy("In stock"),
    "out_of_stock": lazy("Out of stock"),
    "preorder": lazy("Pre-order"),
    "backorder": lazy("Back-order"),
}
AVAILABILITY_TONES = {"in_stock": "ok", "out_of_stock": "bad", "preorder": "info", "backorder": "warn"}

CONDITIONS: Texts = {"new": lazy("New"), "refurbished": lazy("Refurbished"), "used": lazy("Used")}

AXES: Texts = {
    "color": lazy("Colour"),
    "size": lazy("Size"),
    "material": lazy("Material"),
    "pattern": lazy("Pattern"),
    "size_type": lazy("Size type"),
    "size_system": lazy("Size system"),
    "gender": lazy("Gender"),
    "age_group": lazy("Age group"),
}

OFFER_REASONS: Texts = {
    "only": lazy("The only offer"),
    "said_best": lazy("%(mine)s; the next one: %(theirs)s"),
    "said": lazy("%(mine)s; the one before: %(theirs)s"),
    "price_best": lazy("%(difference)s less than the next one"),
    "price": lazy("%(difference)s more than the one before"),
    "currency_best": lazy("The next one has another currency"),
    "currency": lazy("Another currency than the one before"),
    "has_price_best": lazy("Has a price; the next one has none"),
    "no_price": lazy("Has no price"),
    "tie_best": lazy("Equal to the next one, but known first"),
    "tie": lazy("Equal to the one before, which was known first"),
}

SORTS: Texts = {
    "relevance": lazy("Best match first"),
    "oldest": lazy("Oldest first"),
    "newest": lazy("Newest first"),
    "price_asc": lazy("Cheapest first"),
    "price_desc": lazy("Dearest first"),
    "title": lazy("By title"),
    "display_order": lazy("By place in lists"),
}

BULK_ACTIONS: Texts = {
    "publish": lazy("Publish"),
    "unpublish": lazy("Unpublish"),
    "feature": lazy("Feature"),
    "unfeature": lazy("Feature no more"),
    "change_price_percent": lazy("Change prices by percent"),
    "set_price": lazy("Set one price"),
    "set_availability": lazy("Set the availability"),
    "set_quantities": lazy("Set how many one buys"),
    "reset_overrides": lazy("Inherit again"),
    "delete": lazy("Delete"),
}
BULK_EFFECTS: Texts = {
    "publish": lazy("Buyers will see them."),
    "unpublish": lazy("Buyers will not see them any more. They stay in your list."),
    "feature": lazy("They will be shown before others."),
    "unfeature": lazy("They will not be shown before others any more."),
    "change_price_percent": lazy("Each gets a price of its own, from the one in effect now."),
    "set_price": lazy("All get the same price of your own."),
    "set_availability": lazy("All get the same availability of your own."),
    "set_quantities": lazy("All get the same limits."),
    "reset_overrides": lazy("What you have set there goes, and the marketplace's values count again."),
    "delete": lazy("They leave your list with all that you have set. What stock or orders refer to is hidden instead."),
}
RUN_STATES: Texts = {
    "pending": lazy("Waiting"),
    "running": lazy("Running"),
    "completed": lazy("Completed"),
    "cancelled": lazy("Cancelled"),
    "failed": lazy("Failed"),
}
RUN_TONES = {"running": "info live", "completed": "ok", "failed": "bad"}

EXPORT_FORMATS: Texts = {
    "csv": lazy("CSV"),
    "google-tsv": lazy("Google TSV"),
    "google-xml": lazy("Google XML"),
    "letzshop-csv": lazy("Letzshop CSV"),
}

LANGUAGES: Texts = {"en": lazy("English"), "fr": lazy("French"), "de": lazy("German")}

ISSUE_TYPES: Texts = {
    "missing_id": lazy("No identifier"),
    "missing_title": lazy("No title"),
    "parse_error": lazy("Cannot be read"),
    "validation_error": lazy("Does not fit"),
}

FAILURES: Texts = {
    "feed_address_refused": lazy("This address may not be fetched"),
    "feed_bad_header": lazy("The first row is not a header"),
    "feed_bad_url": lazy("The address is not valid"),
    "feed_corrupt": lazy("The archive is damaged"),
    "feed_empty": lazy("The feed is empty"),
    "feed_forbidden": lazy("The address refuses access"),
    "feed_http_error": lazy("The address answered with an error"),
    "feed_no_rows": lazy("The feed has a header but no rows"),
    "feed_not_csv": lazy("This is not a CSV file"),
    "feed_not_found": lazy("There is no feed at this address"),
    "feed_redirect_loop": lazy("The address leads in circles"),
    "feed_timeout": lazy("The address answered too slowly"),
    "feed_too_large": lazy("The feed is too large"),
    "feed_truncated": lazy("The feed arrived only in part"),
    "feed_unreachable": lazy("The address cannot be reached"),
    "internal_error": lazy("Something went wrong on our side"),
    "missing_columns": lazy("The feed lacks a column for id or title"),
    "upload_not_found": lazy("The uploaded file is not there any more"),
}

ON_MISSING: Texts = {
    "keep": lazy("Leave them as they are"),
    "unpublish": lazy("Unpublish them"),
    "out_of_stock": lazy("Mark them as out of stock"),
}

DIFF_KINDS: Texts = {
    "created": lazy("Added"),
    "updated": lazy("Updated"),
    "unchanged": lazy("Unchanged"),
    "gone": lazy("No longer in the feed"),
    "error": lazy("Errors"),
}

CHANGE_KINDS: Texts = {
    "created": lazy("New"),
    "updated": lazy("Changed"),
    "listed": lazy("New in your store"),
    "withdrawn": lazy("Gone"),
    "returned": lazy("Back again"),
    "unchanged": lazy("Unchanged"),
    "error": lazy("Error"),
}
CHANGE_TONES = {"created": "ok", "updated": "info", "listed": "ok", "withdrawn": "warn", "error": "bad"}

FIELDS: Texts = {
    "title": lazy("Title"),
    "description": lazy("Description"),
    "quantity": lazy("Quantity"),
    "price": lazy("Price"),
    "sale_price": lazy("Sale price"),
    "currency": lazy("Currency"),
    "availability": lazy("Availability"),
    "condition": lazy("Condition"),
    "brand": lazy("Brand"),
    "product_type": lazy("Product types"),
    "image_link": lazy("Picture"),
    "additional_image_link": lazy("More pictures"),
    "is_active": lazy("Published"),
    "attributes": lazy("Other attributes"),
    "google_product_category": lazy("Category"),
    "source_store_id": lazy("Described by store"),
}

UNDO_REASONS: Texts = {
    "edited_since": lazy("It was changed since."),
    "deleted_since": lazy("It was deleted since."),
    "in_another_feed": lazy("Another feed of the store has this product too."),
    "listed_by_others": lazy("Another store sells it: only your listing was removed."),
    "described_by_others": lazy("Another store's feed describes it now."),
    "referred_to": lazy("Stock or orders refer to it: it was unpublished instead."),
}

GONE_REASONS: Texts = {
    "too_many": lazy("More products are gone at once than is likely. The feed may be incomplete."),
    "unreadable_rows": lazy("Some rows could not be read, and these products may stand in them."),
}

MAPPED: Texts = {"keep": lazy("Keep as another attribute"), "ignore": lazy("Do not import")}

MAPPING_REASONS: Texts = {
    "saved": lazy("You said so"),
    "exact": lazy("The name says so"),
    "alias": lazy("A common name for it"),
    "unknown": lazy("Not known"),
}

INTERVALS: Texts = {
    "1h": lazy("Every hour"),
    "3h": lazy("Every 3 hours"),
    "6h": lazy("Every 6 hours"),
    "12h": lazy("Every 12 hours"),
    "24h": lazy("Every day"),
    "weekly": lazy("Every week"),
}

DELIMITERS: Texts = {",": lazy("comma"), ";": lazy("semicolon"), "\t": lazy("tab"), "|": lazy("vertical bar")}

ROLES: Texts = {
    "viewer": lazy("viewer"),
    "staff": lazy("staff"),
    "manager": lazy("manager"),
    "owner": lazy("owner"),
}
ROLE_MEANINGS: Texts = {
    "viewer": lazy("Looks at everything but people and keys."),
    "staff": lazy("Looks at everything but people and keys; imports, and changes products and stock."),
    "manager": lazy("Like staff; also changes settings, and manages staff, keys and webhooks."),
    "owner": lazy("May do everything, and make others managers or owners."),
}
USER_ROLES: Texts = {"user": lazy("User"), "admin": lazy("Administrator")}

SCOPE_AREAS: Texts = {
    "catalog": lazy("Catalogue"),
    "channels": lazy("Channels"),
    "imports": lazy("Imports"),
    "inventory": lazy("Stock"),
    "orders": lazy("Orders"),
    "products": lazy("Products"),
    "store": lazy("Store settings"),
    "webhooks": lazy("Webhooks"),
}

PANELS: Texts = {
    "store/_job.html": lazy("Import details"),
    "store/_issues.html": lazy("Problems of an import"),
    "store/_cancel.html": lazy("Cancel an import"),
    "admin/_delete_record.html": lazy("Delete a product"),
    "store/_bulk.html": lazy("Change many products"),
    "store/product/_delete.html": lazy("Delete a product"),
}


def say(texts: Texts, code: str | None) -> str:
    """The text for a code; a code that nobody named reads as its words, so that nothing is ever hidden."""
    if not code:
        return gettext("None")
    return texts[code]() if code in texts else code.replace("_", " ").capitalize()


def choices(texts: Texts) -> list[tuple[str, str]]:
    """Codes with their texts, for a select."""
    return [(code, text()) for code, text in texts.items()]


def action(code: str) -> str:
    """What an action of the audit log is called; one that nobody named reads as its words."""
    return say(ACTIONS, code) if code in ACTIONS else code.replace("_", " ").replace(".", " ").capitalize()


def scope(code: str) -> str:
    """What a scope of API keys lets a program do."""
    area, _, act = code.partition(":")
    name = say(SCOPE_AREAS, area)
    return gettext("%(area)s: read") % {"area": name} if act == "read" else gettext("%(area)s: change") % {"area": name}


def problem(code: str, detail: str, field: str = "") -> str:
    """What a failure is called where the person can mend it: a form, the log-in page.

    English readers get the verb's own, more precise `detail`; others a sentence in their language where there is one.
    """
    if current_language() == "en":
        return detail
    name = f"{code}.{'feed_url' if field.startswith('feed_url') else field}"
    text = PROBLEMS.get(name) or PROBLEMS.get(code)
    return text() if text else detail


def counted(found: Found[Any]) -> str:
    """How many products a list has; "about" where nobody counted them one by one."""
    text = ngettext("%(count)s product", "%(count)s products", found.length) % {"count": formats.number(found.length)}
    return text if found.total is not None else gettext("About %(products)s") % {"products": text}


def offer_reason(offer: Offer) -> str:
    """Why an offer stands where it does, against its neighbour: the next one for the best, else the one before."""
    reason = offer.reason
    if reason is None:
        return ""
    code, values = reason.code, {"difference": formats.money(reason.difference)}
    if code in ("availability", "condition"):
        texts = AVAILABILITIES if code == "availability" else CONDITIONS
        mine = offer.availability if code == "availability" else offer.condition or "new"
        for name, said in (("mine", mine), ("theirs", reason.theirs)):
            values[name] = say(texts, said) if said else gettext("Not stated")
        code = "said"
    best = f"{code}_best"
    return say(OFFER_REASONS, best if offer.rank == 1 and best in OFFER_REASONS else code) % values


def remark(code: str, message: str) -> str:
    """What is worth knowing about something that was saved, in words; like `problem`."""
    return REMARKS[code]() if current_language() != "en" and code in REMARKS else message


def failure(job: ImportJob) -> str:
    """Why an import failed, in one line."""
    return say(FAILURES, job.failure_code) if job.failure_code else gettext("The import failed")


def panel_title(template: str) -> str:
    """The title of the page that shows a panel on its own."""
    return PANELS[template]()
