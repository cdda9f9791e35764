"""The operations and pages that the documents promise, in their order: one table for each document."""

ORION = """\
GET /
GET /health
GET /docs
GET /redoc
POST /api/v1/auth/register
POST /api/v1/auth/login
GET /api/v1/auth/me
GET /api/v1/marketplace/product
POST /api/v1/marketplace/product
GET /api/v1/marketplace/product/{product_id}
PUT /api/v1/marketplace/product/{product_id}
DELETE /api/v1/marketplace/product/{product_id}
POST /api/v1/marketplace/import-product
GET /api/v1/marketplace/import-status/{job_id}
GET /api/v1/marketplace/import-jobs
POST /api/v1/inventory
POST /api/v1/inventory/add
POST /api/v1/inventory/remove
GET /api/v1/inventory/{gtin}
GET /api/v1/inventory/{gtin}/total
GET /api/v1/inventory
POST /api/v1/shop
GET /api/v1/shop
GET /api/v1/shop/{shop_code}
GET /api/v1/stats
GET /api/v1/stats/marketplace-stats
GET /api/v1/admin/users
PUT /api/v1/admin/users/{user_id}/status
GET /api/v1/admin/shops
PUT /api/v1/admin/shops/{shop_id}/verify""".splitlines()
"""The platform's API 2.2."""

MARKETPLACES = ["GET /health/marketplace-integrations"]
"""What the architecture of marketplace integrations names, as far as it is here."""

LETZSHOP = """\
GET /
GET /health
POST /register
POST /login
GET /me
POST /shops
GET /shops
GET /shops/{shop_code}
PUT /shops/{shop_code}
POST /shops/{shop_code}/products
GET /shops/{shop_code}/products
GET /products
POST /products
GET /products/{product_id}
PUT /products/{product_id}
DELETE /products/{product_id}
POST /stock
GET /stock/{gtin}
POST /import-csv
GET /import-status/{job_id}
GET /export-csv
GET /stats
GET /admin/users
PUT /admin/users/{user_id}/status
GET /admin/shops
PUT /admin/shops/{shop_id}/verify
PUT /admin/shops/{shop_id}/status
GET /admin/import-jobs""".splitlines()
"""The marketplace API 2.1, which is answered under /v2.1."""

IMPORTS = """\
POST /api/v1/store/marketplace/import
GET /api/v1/store/marketplace/imports/{job_id}
GET /api/v1/store/marketplace/imports
GET /api/v1/store/marketplace/imports/{job_id}/errors
POST /api/v1/admin/marketplace-import-jobs
GET /api/v1/admin/marketplace-import-jobs/{job_id}
GET /api/v1/admin/marketplace-import-jobs
GET /api/v1/admin/marketplace-import-jobs/stats""".splitlines()
"""The operations of the guide to imports."""

PAGES = """\
GET /store/{store_code}/marketplace
GET /store/{store_code}/settings
GET /admin/marketplace
GET /admin/imports
GET /admin/stores/{store_code}/edit""".splitlines()
"""The pages of the guide to imports."""
