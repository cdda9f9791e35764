"""From a dry run over the API to an undo."""

import csv
import io

import httpx

from orion.feeds.jobs import run_import
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.stores import make_admin, make_store

BASE = "/api/v1/store/marketplace"
OLD = b"id,title,price\nA1,Lamp,10 EUR\nA2,Mug,5 EUR\n"
NEW = b"id,title,price\nA1,Lamp,12 EUR\nA2,Mug,5 EUR\nB1,Chair,80 EUR\nB2,Box,=1+1\n"


async def test_try_apply_mend_and_undo(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        admin = (await make_admin(session, "ada")).user
    headers = await bearer(runtime, access.user)

    async def upload(data: bytes, **form: str) -> dict[str, object]:
        files = {"file": ("feed.csv", data, "text/csv")}
        answer = await client.post(f"{BASE}/import-file", files=files, data=form, headers=headers)
        assert answer.status_code == 202, answer.text
        await run_import(runtime, answer.json()["id"])
        return (await client.get(answer.headers["Location"], headers=headers)).json()  # type: ignore[no-any-return]

    async def act(job: object, verb: str, status: int = 202) -> dict[str, object]:
        answer = await client.post(f"{BASE}/imports/{job}/{verb}", headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def changes(job: object, **query: str) -> dict[str, object]:
        answer = await client.get(f"{BASE}/imports/{job}/changes", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    await upload(OLD)
    dry = await upload(NEW, dry_run="true")
    assert (dry["mode"], dry["imported_count"], dry["updated_count"]) == ("dry_run", 1, 1)
    found = await changes(dry["id"])
    assert (found["dry_run"], found["total"]) == (True, 2)
    assert found["counts"] == {"created": 1, "updated": 1, "unchanged": 1, "gone": 0, "error": 1}
    price = {"field": "price", "layer": "product", "before": "10.00 EUR", "after": "12.00 EUR"}
    assert [(item["kind"], item["row_number"], item["title"]) for item in found["items"]] == [  # type: ignore[attr-defined]
        ("updated", 2, "Lamp"),
        ("created", 4, "Chair"),
    ]
    assert found["items"][0]["changes"] == [price]  # type: ignore[index]
    wrong = (await changes(dry["id"], kind="error"))["items"]
    assert [problem["code"] for problem in wrong[0]["problems"]] == ["invalid_price"]  # type: ignore[index]
    assert (await act(dry["id"], "undo", 409))["code"] == "undo_of_dry_run"

    real = await act(dry["id"], "apply")
    await run_import(runtime, int(str(real["id"])))
    applied = await changes(real["id"])
    same = [{**item, "product_id": None} for item in applied["items"]]  # type: ignore[attr-defined]
    assert same == [{**item, "product_id": None} for item in found["items"]]  # type: ignore[attr-defined]
    assert (await act(dry["id"], "apply", 409))["code"] == "dry_run_applied"

    file = await client.get(f"{BASE}/imports/{real['id']}/failed-rows.csv", headers=headers)
    assert file.headers["Content-Disposition"] == f'attachment; filename="import-{real["id"]}-failed-rows.csv"'
    rows = list(csv.reader(io.StringIO(file.text)))
    assert rows[1][:3] == ["B2", "Box", "'=1+1"]
    rows[1][2] = "9 EUR"
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    mended = await upload(buffer.getvalue().encode())
    assert (mended["mode"], mended["imported_count"], mended["error_count"]) == ("partial", 1, 0)
    again = await act(real["id"], "retry")
    assert (again["mode"], again["retry_of"]) == ("partial", real["id"])
    assert (await act(real["id"], "undo", 409))["code"] == "import_already_running"
    await run_import(runtime, int(str(again["id"])))

    edit = {"price": "15 EUR"}
    path = "/api/v1/store/products"
    listed = (await client.get(path, params={"search": "Chair"}, headers=headers)).json()["items"][0]
    assert (await client.patch(f"{path}/{listed['id']}", json=edit, headers=headers)).status_code == 200
    assert (await client.get(f"{BASE}/imports/{real['id']}/undo", headers=headers)).json()["code"] == "not_undone"
    undone = await act(real["id"], "undo")
    assert (undone["status"], undone["restored"], undone["removed"], undone["kept"]) == ("completed", 1, 0, 1)
    report = (await client.get(f"{BASE}/imports/{real['id']}/undo", headers=headers)).json()
    assert [(item["identifier"], item["reason"]) for item in report["conflicts"]] == [("B1", "edited_since")]
    assert (await act(real["id"], "undo", 409))["code"] == "import_undone"
    lamp = (await client.get(path, params={"search": "Lamp"}, headers=headers)).json()["items"][0]
    assert lamp["price"] == "10.00"

    as_admin = await bearer(runtime, admin)
    twin = f"/api/v1/admin/marketplace-import-jobs/{mended['id']}"
    shown = (await client.get(f"{twin}/changes", headers=as_admin)).json()
    assert [item["identifier"] for item in shown["items"]] == ["B2"]
    assert (await client.post(f"{twin}/undo", headers=as_admin)).json()["removed"] == 1
    assert (await client.get(f"{twin}/undo", headers=as_admin)).json()["user_id"] == admin.id
