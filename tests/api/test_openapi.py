"""The API's description of itself."""

import csv
import io
import re

from fastapi import FastAPI

DOCUMENTED = """\
GET,/api/v1/marketplace/product
GET,/api/v1/marketplace/product/{product_id}
POST,/api/v1/marketplace/import-product
GET,/api/v1/marketplace/import-status/{job_id}
GET,/api/v1/marketplace/import-jobs
POST,/api/v1/store/marketplace/import
GET,/api/v1/store/marketplace/imports/{job_id}
GET,/api/v1/store/marketplace/imports
GET,/api/v1/store/marketplace/imports/{job_id}/errors
POST,/api/v1/admin/marketplace-import-jobs
GET,/api/v1/admin/marketplace-import-jobs/{job_id}
GET,/api/v1/admin/marketplace-import-jobs
GET,/api/v1/admin/marketplace-import-jobs/stats
"""


def test_every_documented_import_endpoint_is_there(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    missing = [
        (method, path) for method, path in csv.reader(io.StringIO(DOCUMENTED)) if method.lower() not in paths[path]
    ]
    assert missing == []


def test_every_operation_has_a_readable_name_and_says_what_it_does(app: FastAPI) -> None:
    operations = [operation for methods in app.openapi()["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert [operation["operationId"] for operation in operations if not operation.get("description")] == []
    assert [operation["operationId"] for operation in operations if not operation.get("summary")] == []
