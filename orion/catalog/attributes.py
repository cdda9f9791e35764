"""The Google product data attributes a marketplace product has, and the kind of each.

Source: https://support.google.com/merchants/answer/7052112 (product data specification). Title and description are
translations and stand apart; `id` is `marketplace_product_id`.
"""

from typing import Literal

Kind = Literal["text", "list", "flag", "number", "moment"]
"""`list`: several values, kept as a JSON array of strings; `moment`: a date and time, kept in UTC."""

GOOGLE_ATTRIBUTES: dict[str, Kind] = {
    # what it is
    "brand": "text",
    "gtin": "text",
    "mpn": "text",
    "identifier_exists": "flag",
    "condition": "text",
    "adult": "flag",
    "multipack": "number",
    "is_bundle": "flag",
    "google_product_category": "text",
    "product_type": "list",
    "item_group_id": "text",
    "age_group": "text",
    "gender": "text",
    "color": "text",
    "material": "text",
    "pattern": "text",
    "size": "text",
    "size_type": "list",
    "size_system": "text",
    "product_detail": "list",
    "product_highlight": "list",
    "product_length": "text",
    "product_width": "text",
    "product_height": "text",
    "product_weight": "text",
    "certification": "list",
    "energy_efficiency_class": "text",
    "min_energy_efficiency_class": "text",
    "max_energy_efficiency_class": "text",
    # where it is seen
    "link": "text",
    "mobile_link": "text",
    "canonical_link": "text",
    "image_link": "text",
    "additional_image_link": "list",
    "lifestyle_image_link": "text",
    "virtual_model_link": "text",
    "video_link": "list",
    # what it costs, and whether it can be had
    "availability": "text",
    "availability_date": "moment",
    "expiration_date": "moment",
    "sale_price_effective_from": "moment",
    "sale_price_effective_to": "moment",
    "unit_pricing_measure": "text",
    "unit_pricing_base_measure": "text",
    "installment": "text",
    "subscription_cost": "text",
    "loyalty_program": "list",
    "cost_of_goods_sold": "text",
    "auto_pricing_min_price": "text",
    "maximum_retail_price": "text",
    # how it travels
    "shipping": "list",
    "shipping_label": "text",
    "shipping_weight": "text",
    "shipping_length": "text",
    "shipping_width": "text",
    "shipping_height": "text",
    "ships_from_country": "text",
    "min_handling_time": "number",
    "max_handling_time": "number",
    "transit_time_label": "text",
    "free_shipping_threshold": "list",
    "tax": "list",
    "tax_category": "text",
    # how it is advertised
    "ads_redirect": "text",
    "promotion_id": "list",
    "custom_label_0": "text",
    "custom_label_1": "text",
    "custom_label_2": "text",
    "custom_label_3": "text",
    "custom_label_4": "text",
    "excluded_destination": "list",
    "included_destination": "list",
    "shopping_ads_excluded_country": "list",
    "return_policy_label": "text",
    "external_seller_id": "text",
    "pause": "text",
}

AVAILABILITIES = ("in_stock", "out_of_stock", "preorder", "backorder")
CONDITIONS = ("new", "refurbished", "used")
