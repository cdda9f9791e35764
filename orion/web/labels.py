"""What codes are called on pages, and in which tone: the one place that translates them."""

from collections.abc import Callable, Mapping

from orion.feeds import ImportJob
from orion.web.actions import ACTIONS
from orion.web.i18n import current_language, gettext, lazy

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
    "price": lazy("Price"),
    "sale_price": lazy("Sale price"),
    "currency": lazy("Currency"),
    "availability": lazy("Availability"),
    "condition": lazy("Condition"),
    "brand": lazy("Brand"),
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
    "imports": lazy("Imports"),
    "inventory": lazy("Stock"),
    "products": lazy("Products"),
    "store": lazy("Store settings"),
    "webhooks": lazy("Webhooks"),
}

PANELS: Texts = {
    "store/_job.html": lazy("Import details"),
    "store/_issues.html": lazy("Problems of an import"),
    "store/_cancel.html": lazy("Cancel an import"),
    "store/product/_delete.html": lazy("Delete a product"),
}

PROBLEMS: Texts = {
    "password_link_invalid": lazy("This link was used already, or it has expired. Ask for another one."),
    "password_links_throttled": lazy("Too many requests. Wait a few minutes, then try again."),
    "username_invalid": lazy("Choose a user name of 3 to 64 letters, digits, dots, hyphens or underscores."),
    "username_taken": lazy("This user name is taken. Choose another."),
    "email_invalid": lazy("This is not an e-mail address."),
    "email_taken": lazy("A user has this address already."),
    "member_exists": lazy("This person is a member already."),
    "last_owner": lazy("This is the last owner. Make somebody else an owner first."),
    "last_admin": lazy("This is the last active administrator. Make somebody else an administrator first."),
    "invitation_exists": lazy("This address is invited already. Send that invitation again, or revoke it first."),
    "invitation_just_sent": lazy("A mail to this address has just left. Wait a few minutes before the next."),
    "invitation_ended": lazy("This invitation was accepted or revoked already."),
    "invitation_invalid": lazy("This invitation is not valid, or not any more. Ask for another one."),
    "api_key_unsuitable.name": lazy("Give a name of 1 to 100 characters that says who uses the key."),
    "api_key_unsuitable.scopes": lazy("Choose at least one thing that the key may do."),
    "api_key_unsuitable.expires_at": lazy("Choose a day in the future, or none."),
    "reason_too_long": lazy("Give a reason of at most 1,000 characters."),
    "store_invalid.contact_phone": lazy("Use at most 64 characters."),
    "store_invalid.tax_number": lazy("Use at most 64 characters."),
    "store_invalid.business_address": lazy("Use at most 1,000 characters."),
    "store_invalid.domain": lazy("Give the bare host name, such as shop.example.com."),
    "store_invalid.website": lazy("Enter a full web address that starts with https://, without spaces or password."),
    "store_invalid.low_stock_threshold": lazy("Give a whole number from 0 on, or nothing."),
    "credentials_invalid": lazy("The user name or the password is wrong."),
    "user_inactive": lazy("This user is deactivated. Ask an administrator."),
    "login_throttled": lazy("Too many failed log-ins. Wait a few minutes, then try again."),
    "csrf_failed": lazy("This form is out of date. Load the page again and repeat what you did."),
    "cross_site": lazy("This request came from another site, so it was refused."),
    "password_wrong": lazy("This is not your present password."),
    "password_unsuitable": lazy("Choose another password of 8 to 128 characters, not your user name."),
    "invalid_batch_size": lazy("Enter a whole number from 100 to 5,000."),
    "invalid_source_url": lazy("Enter a full web address that starts with https://, without spaces or password."),
    "import_already_running": lazy("This feed is being imported right now. Wait for it, or cancel it."),
    "import_not_found": lazy("There is no such import."),
    "import_not_finished": lazy("This import is still running: wait for it or cancel it."),
    "import_changes_expired": lazy("What this import changed is not kept any more."),
    "import_undone": lazy("This import is undone already."),
    "nothing_to_undo": lazy("This import has changed nothing."),
    "undo_running": lazy("An import of this feed is just being undone: wait for it."),
    "nothing_to_retry": lazy("This import has no failed rows that could be imported again."),
    "dry_run_applied": lazy("This file was imported already: upload it again."),
    "dry_run_failed": lazy("This dry run did not come to its end: start another."),
    "newer_import": lazy("The feed was imported again since: look at the newer import."),
    "nothing_held_back": lazy("Nothing is held back any more."),
    "invalid_schedule": lazy("Choose an interval, or write five fields such as 30 4 * * *, at least 15 minutes apart."),
    "schedule_exists": lazy("This feed has a schedule for this address already."),
    "too_many_schedules": lazy("A store has at most 50 schedules: delete one first."),
    "import_already_finished": lazy("This import is finished already."),
    "store_inactive": lazy("This store is not active, so it cannot import."),
    "upload_too_large": lazy("This file is too large."),
    "product_invalid.price": lazy(
        "Enter a price such as 29.99, without a sign and with no more decimals than the currency has."
    ),
    "product_invalid.sale_price": lazy("Enter a price such as 29.99, in the currency of the price."),
    "product_invalid.currency": lazy("Enter a currency code such as EUR, the same for price and sale price."),
    "product_invalid.display_order": lazy("Enter a whole number."),
    "product_invalid.min_quantity": lazy("Enter a whole number from 1, not above the most that one buys."),
    "product_invalid.max_quantity": lazy("Enter a whole number, not below the least that one buys."),
    "product_invalid.title": lazy("This text is too long."),
    "product_invalid.description": lazy("This text is too long."),
    "product_invalid.brand": lazy("Use at most 255 characters."),
    "product_invalid.sku": lazy("Use at most 64 characters."),
    "product_invalid.image_link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "product_invalid.additional_image_link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "marketplace_product_invalid.price": lazy(
        "Enter a price such as 29.99, without a sign and with no more decimals than the currency has."
    ),
    "marketplace_product_invalid.sale_price": lazy("Enter a price such as 29.99, in the currency of the price."),
    "marketplace_product_invalid.currency": lazy(
        "Enter a currency code such as EUR, the same for price and sale price."
    ),
    "marketplace_product_invalid.marketplace_product_id": lazy(
        "Give the product an identifier of its own, of at most 255 characters."
    ),
    "marketplace_product_invalid.title": lazy("Enter a title of at most 1,000 characters."),
    "marketplace_product_invalid.description": lazy("This text is too long."),
    "marketplace_product_invalid.translations": lazy("Leave the product at least one title."),
    "marketplace_product_invalid.link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "marketplace_product_invalid.image_link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "marketplace_product_invalid.additional_image_link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "marketplace_product_exists": lazy("The marketplace has a product with this identifier already."),
    "price_tiers_invalid.min_quantity": lazy("Enter a whole number above 1 and above that of the line before."),
    "price_tiers_invalid.price": lazy("Enter a price such as 29.99, in the currency of the product's price."),
    "sku_taken": lazy("Another product of the store has this number."),
    "image_invalid": lazy("This is no picture: choose a PNG, JPEG, WebP or GIF file."),
    "too_many_images": lazy("A product has at most 100 pictures: remove one first."),
    "store_invalid.name": lazy("Enter a name of 1 to 255 characters."),
    "store_invalid.description": lazy("Use at most 10,000 characters."),
    "store_invalid.contact_email": lazy("This is not an e-mail address."),
    "store_invalid.default_currency": lazy("Enter a currency code such as EUR."),
    "store_invalid.feed_url": lazy("Enter a full web address that starts with https://, without spaces or password."),
}

REMARKS: Texts = {
    "sale_price_not_lower": lazy("The sale price is not lower than the price."),
    "sale_price_ignored": lazy(
        "The sale price of the marketplace does not count any more: it is not below your own price."
    ),
    "tier_not_lower": lazy("One of the prices by quantity will never be used: it is not lower than the one before."),
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


def remark(code: str, message: str) -> str:
    """What is worth knowing about something that was saved, in words; like `problem`."""
    return REMARKS[code]() if current_language() != "en" and code in REMARKS else message


def failure(job: ImportJob) -> str:
    """Why an import failed, in one line."""
    return say(FAILURES, job.failure_code) if job.failure_code else gettext("The import failed")


def panel_title(template: str) -> str:
    """The title of the page that shows a panel on its own."""
    return PANELS[template]()
