"""What codes are called on pages, and in which tone: the one place that translates them."""

from collections.abc import Callable, Mapping

from orion.feeds import ImportJob
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

DELIMITERS: Texts = {",": lazy("comma"), ";": lazy("semicolon"), "\t": lazy("tab"), "|": lazy("vertical bar")}

PANELS: Texts = {
    "store/_job.html": lazy("Import details"),
    "store/_issues.html": lazy("Problems of an import"),
    "store/_cancel.html": lazy("Cancel an import"),
    "store/_product.html": lazy("Product"),
}

PROBLEMS: Texts = {
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
    "import_already_finished": lazy("This import is finished already."),
    "store_inactive": lazy("This store is not active, so it cannot import."),
    "upload_too_large": lazy("This file is too large."),
    "store_invalid.name": lazy("Enter a name of 1 to 255 characters."),
    "store_invalid.description": lazy("Use at most 10,000 characters."),
    "store_invalid.contact_email": lazy("This is not an e-mail address."),
    "store_invalid.default_currency": lazy("Enter a currency code such as EUR."),
    "store_invalid.feed_url": lazy("Enter a full web address that starts with https://, without spaces or password."),
}


def say(texts: Texts, code: str | None) -> str:
    """The text for a code; a code that nobody named reads as its words, so that nothing is ever hidden."""
    if not code:
        return gettext("None")
    return texts[code]() if code in texts else code.replace("_", " ").capitalize()


def problem(code: str, detail: str, field: str = "") -> str:
    """What a failure is called where the person can mend it: a form, the log-in page.

    English readers get the verb's own, more precise `detail`; others a sentence in their language where there is one.
    """
    if current_language() == "en":
        return detail
    name = f"{code}.{'feed_url' if field.startswith('feed_url') else field}"
    text = PROBLEMS.get(name) or PROBLEMS.get(code)
    return text() if text else detail


def failure(job: ImportJob) -> str:
    """Why an import failed, in one line."""
    return say(FAILURES, job.failure_code) if job.failure_code else gettext("The import failed")


def panel_title(template: str) -> str:
    """The title of the page that shows a panel on its own."""
    return PANELS[template]()
