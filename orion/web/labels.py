"""What codes are called on pages, and in which tone: the one place that translates them."""

from collections.abc import Callable, Mapping

from orion.web.i18n import gettext, lazy

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


def say(texts: Texts, code: str | None) -> str:
    """The text for a code; a code that nobody named reads as its words, so that nothing is ever hidden."""
    if not code:
        return gettext("None")
    return texts[code]() if code in texts else code.replace("_", " ").capitalize()
