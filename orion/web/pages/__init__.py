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
    products,
    settings,
)

ROUTERS = (
    login.router,
    account.router,
    home.router,
    imports.router,
    products.router,
    settings.router,
    admin_marketplace.router,
    admin_imports.router,
    admin_stores.router,
    documentation.router,
)
