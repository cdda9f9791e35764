"""The pages, by topic. Each reads what was sent, calls the verb that the JSON API calls, and renders."""

from orion.web.pages import (
    account,
    admin_imports,
    admin_marketplace,
    admin_stores,
    documentation,
    home,
    imports,
    login,
    notifications,
    products,
    settings,
    stock,
    stock_imports,
    stock_locations,
    webhooks,
)

ROUTERS = (
    login.router,
    account.router,
    home.router,
    imports.router,
    products.router,
    settings.router,
    stock.router,
    stock_locations.router,
    stock_imports.router,
    webhooks.router,
    notifications.router,
    admin_marketplace.router,
    admin_imports.router,
    admin_stores.router,
    documentation.router,
)
