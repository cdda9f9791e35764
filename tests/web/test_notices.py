"""What people are told: each kind and each reason has its words, in every language, and leads somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import orion
from orion.notifications import KINDS
from orion.web import labels_stock
from orion.web.i18n import use_language
from orion.web.notices import PAGES, PLATFORM_PAGES, put_in_words
from orion.web.pages import ROUTERS
from orion.web.reasons import REASONS, put_reason_in_words

ROOT = Path(orion.__file__).parent
RAISED = {
    "ChannelError",
    "ChannelUnavailable",
    "CredentialsRefused",
    "Problem",
    "Refused",
    "ReplyLost",
    "ScopeMissing",
    "SlowDown",
    "Unreadable",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_label_words_and_a_page(kind: str) -> None:
    names = re.findall(r"%\((\w+)\)s", KINDS[kind].title + KINDS[kind].text + PAGES.get(kind, ""))
    params = {name: f"<{name}>" for name in names} | {"store_code": "LAMPS", "ends_on": "2026-11-22"}
    params |= {name: "7" for name in names if name.endswith("_id")}
    said = {}
    for language in ("en", "fr", "de"):
        use_language(language)
        notice = put_in_words(kind, params)
        assert "?" not in f"{notice.title}{notice.text}{notice.path}".replace("?view=", "").replace("?connection=", "")
        said[language] = (labels_stock.NOTICES[kind](), notice.title, notice.text)
    use_language("en")
    for texts in zip(*said.values(), strict=True):
        assert len(set(texts)) == 3, texts
    assert kind in labels_stock.NOTICE_ICONS
    path = str(notice.path).partition("?")[0]
    assert any(route.path_regex.match(path) for router in ROUTERS for route in router.routes), path  # type: ignore[attr-defined] # all are routes of paths


def test_nothing_is_named_that_nobody_is_told_of() -> None:
    assert set(labels_stock.NOTICES) == set(labels_stock.NOTICE_ICONS) == set(KINDS)
    assert {*PAGES, *PLATFORM_PAGES} == set(KINDS)


def raised() -> Iterator[tuple[str, str]]:
    """The codes of channels' errors and of runs' problems that the code names, and where."""
    for path in sorted([*(ROOT / "channels").rglob("*.py"), *(ROOT / "sync").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and first.value:
                    yield str(first.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_each_reason_that_a_channel_can_give_has_words_in_every_language() -> None:
    found = dict(raised())
    assert len(found) > 30
    assert {code: place for code, place in found.items() if code not in REASONS} == {}
    for code in REASONS:
        texts = {put_reason_in_words(code, "HTTP 400", "amazon", language) for language in ("en", "fr", "de")}
        assert len({reason.text for reason in texts if reason}) == 3, code
        assert not any("%" in reason.text for reason in texts if reason), code


def test_a_reason_is_in_the_readers_words_and_the_channels_beside_them() -> None:
    params = {"store": "Lampen", "store_code": "LAMPS", "connection_id": 7, "connection": "Main", "channel": "eBay"}
    broken = params | {"code": "grant_ended", "reason": "The permission has ended"}
    notice = put_in_words("connection_broken", broken, "de")
    assert notice.path == "/store/LAMPS/connections/7"
    assert notice.text == (
        "Über Main (eBay) des Shops Lampen kommt nichts mehr herein: Die Erlaubnis bei eBay ist abgelaufen oder wurde "
        "zurückgenommen. Drücken Sie auf der Seite der Verbindung „Bei eBay erlauben“; mit einer eigenen App geben Sie "
        "dort ein neues Refresh-Token ein."
    )
    away = put_in_words("connection_broken", params | {"code": "channel_unavailable", "reason": "HTTP 503"}, "fr")
    assert away.text.endswith("Orion redemande de lui-même. (HTTP 503)")
    before_there_were_codes = put_in_words("connection_broken", params | {"reason": "No answer"}, "de")
    assert before_there_were_codes.text.endswith(": No answer")


def test_a_secret_that_ends_is_told_with_the_day_and_what_to_do() -> None:
    params = {"store": "Lamps", "store_code": "LAMPS", "connection_id": 7, "connection": "Main", "channel": "Amazon"}
    notice = put_in_words("connection_expiring", params | {"ends_on": "2026-11-22", "secret": "client_secret"}, "en")
    assert notice.title == "Amazon: the credentials of Main end on Sunday, 22 November 2026"
    assert "\n\nIn Seller Central, open Apps and Services, Develop Apps." in notice.text
    assert (
        "Dimanche 22 novembre 2026".lower()
        in put_in_words("connection_expiring", params | {"ends_on": "2026-11-22", "secret": None}, "fr").title
    )
