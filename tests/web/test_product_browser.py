"""A merchant at the products, in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.web.test_browser import Open, base_url, browser, cookies, open_page, settings

__all__ = ["base_url", "browser", "cookies", "open_page", "settings"]  # the fixtures of all browser tests

pytestmark = pytest.mark.browser


def test_a_product_is_made_ones_own_and_inherits_again(open_page: Open) -> None:
    watched = open_page("/store/ALPHA/products", "olga")
    page = watched.page
    page.get_by_role("link", name="Thé 3", exact=True).click()
    price, title = page.get_by_label("Price", exact=True), page.get_by_role("textbox", name="Title in French")
    own_price = page.locator(".override", has=price)
    expect(own_price.get_by_text("Inherited")).to_be_visible()
    price.fill("cheap")
    page.get_by_text("French", exact=True).click()
    title.fill("Thé du matin")
    page.get_by_role("button", name="Save product").click()
    expect(price).to_have_attribute("aria-invalid", "true")
    expect(title).to_have_value("Thé du matin")
    price.fill("24,50")
    page.get_by_role("button", name="Save product").click()
    expect(page.get_by_role("status").get_by_text("Product saved")).to_be_visible()
    expect(price).to_have_value("24.50")
    expect(own_price.get_by_text("Your own")).to_be_visible()
    effect = page.get_by_role("region", name="As buyers see it")
    expect(effect.get_by_text("€19.90").first).to_be_visible()  # the marketplace's sale price is still lower
    expect(page.get_by_role("region", name="Price history").get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Unpublish").click()
    expect(page.locator("#product-status").get_by_text("Hidden")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#product-status").get_by_text("Published")).to_be_visible()
    page.get_by_role("button", name="Inherit: Price", exact=True).click()
    expect(price).to_have_value("")
    expect(own_price.get_by_text("Inherited")).to_be_visible()
    page.get_by_role("button", name="Save product").click()
    expect(page.get_by_role("region", name="Price history").get_by_role("row")).to_have_count(4)
    page.get_by_role("link", name="All products").click()
    page.get_by_label("All on this page").check()
    page.get_by_label("What to do").select_option("change_price_percent")
    page.get_by_role("button", name="Continue").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Percent").fill("-50")
    dialog.get_by_role("button", name="Look what would happen").click()
    expect(dialog.get_by_text("€14.95").first).to_be_visible()
    watched.check_accessibility()
    dialog.get_by_role("button", name="Do it to 25 products").click()
    expect(page.get_by_role("status").get_by_text("25 products changed")).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(page.locator("#products").get_by_text("€14.95").first).to_be_visible()
