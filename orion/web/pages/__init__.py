"""The pages, by topic. Each reads what was sent, calls the verb that the JSON API calls, and renders."""

from orion.web.pages import (
    account,
    admin_imports,
    admin_marketplace,
    admin_stores,
    category_options,
    documentation,
    home,
    imports,
    login,
    product,
    product_images,
    product_new,
    product_record,
    products,
    settings,
)

ROUTERS = (
    login.router,
    account.router,
    home.router,
    imports.router,
    products.router,
    product.router,
    product_images.router,
    product_record.router,
    product_new.router,
    category_options.router,
    settings.router,
    admin_marketplace.router,
    admin_imports.router,
    admin_stores.router,
    documentation.router,
)
