import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds import (
    ImportStatistics,
    all_imports,
    get_any_import,
    get_import,
    import_statistics,
    list_imports,
    list_issues,
)
from orion.kernel import Invalid, NotFound
from tests.factories.feeds import make_import, make_issue
from tests.factories.stores import make_admin, make_store


async def test_a_stores_imports_are_its_own_newest_first(session: AsyncSession) -> None:
    access, other = await make_store(session), await make_store(session, "OTHER")
    first, second, third = [await make_import(session, access) for _ in range(3)]
    foreign = await make_import(session, other)
    page = await list_imports(session, access, page=1, limit=2)
    assert [job.id for job in page.items] == [third.id, second.id]
    assert (page.total, page.page, page.limit, page.pages) == (3, 1, 2, 2)
    assert [job.id for job in (await list_imports(session, access, page=2, limit=2)).items] == [first.id]
    assert (await list_imports(session, access, page=1_000_000, limit=200)).items == []
    assert (await get_import(session, access, first.id)).id == first.id
    with pytest.raises(NotFound):
        await get_import(session, access, foreign.id)


async def test_imports_are_filtered(session: AsyncSession) -> None:
    access = await make_store(session)
    french = await make_import(session, access, language="fr")
    amazon = await make_import(session, access, marketplace="Amazon", status="failed")

    async def ids(**filters: str) -> list[int]:
        page = await list_imports(session, access, **filters)
        assert page.total == len(page.items)
        return [job.id for job in page.items]

    assert await ids() == [amazon.id, french.id]
    assert await ids(language="FR") == [french.id]
    assert await ids(marketplace="amazon") == [amazon.id]
    assert await ids(status="failed") == [amazon.id]
    assert await ids(status="failed", language="fr") == []


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"status": "done"}, "unknown_status"),
        ({"marketplace": "Etsy"}, "unknown_marketplace"),
        ({"language": "xx"}, "unknown_language"),
        ({"page": 0}, "invalid_page"),
        ({"page": 1_000_001}, "invalid_page"),
        ({"limit": 0}, "invalid_page"),
        ({"limit": 201}, "invalid_page"),
    ],
)
async def test_impossible_filters_are_refused(session: AsyncSession, filters: dict, code: str) -> None:
    access = await make_store(session)
    with pytest.raises(Invalid) as refusal:
        await list_imports(session, access, **filters)
    assert refusal.value.code == code
    assert [error.field for error in refusal.value.errors] == list(filters)


async def test_issues_come_in_the_order_of_rows(session: AsyncSession) -> None:
    access, other = await make_store(session), await make_store(session, "OTHER")
    job = await make_import(session, access, status="completed_with_errors")
    late = await make_issue(session, job, 9)
    early = await make_issue(session, job, 2, severity="warning")
    also_early = await make_issue(session, job, 2)
    await make_issue(session, await make_import(session, access), 2)
    page = await list_issues(session, access, job.id)
    assert [issue.id for issue in page.items] == [early.id, also_early.id, late.id]
    assert (page.total, page.limit) == (3, 50)
    assert [issue.id for issue in (await list_issues(session, access, job.id, severity="warning")).items] == [early.id]
    second = await list_issues(session, access, job.id, severity="error", page=2, limit=1)
    assert ([issue.id for issue in second.items], second.total) == ([late.id], 2)
    with pytest.raises(NotFound):
        await list_issues(session, other, job.id)
    with pytest.raises(Invalid):
        await list_issues(session, access, job.id, severity="fatal")


async def test_the_platform_sees_every_import_with_names(session: AsyncSession) -> None:
    admin = await make_admin(session)
    access, other = await make_store(session), await make_store(session, "OTHER")
    first = await make_import(session, access)
    second = await make_import(session, other, user_id=admin.user.id, status="failed", marketplace="Amazon")
    orphan = await make_import(session, other, user_id=None)
    page = await all_imports(session, admin)
    assert [(view.job.id, view.store_code, view.store_name, view.created_by) for view in page.items] == [
        (orphan.id, "OTHER", "Store OTHER", None),
        (second.id, "OTHER", "Store OTHER", admin.user.username),
        (first.id, "DEMO", "Store DEMO", access.user.username),
    ]
    assert page.total == 3

    async def ids(**filters: object) -> list[int]:
        return [view.job.id for view in (await all_imports(session, admin, **filters)).items]

    assert await ids(store_id=access.store.id) == [first.id]
    assert await ids(created_by=admin.user.id) == [second.id]
    assert await ids(status="failed", marketplace="Amazon") == [second.id]
    assert await ids(store_id=999) == []
    assert (await get_any_import(session, admin, first.id)).store_code == "DEMO"
    with pytest.raises(NotFound):
        await get_any_import(session, admin, 999)


async def test_statistics_count_every_status(session: AsyncSession) -> None:
    admin, access = await make_admin(session), await make_store(session)
    assert await import_statistics(session, admin) == ImportStatistics(0, 0, 0, 0, 0, 0, 0)
    await make_import(session, access, status="pending")
    await make_import(session, access, status="processing", language="fr")
    for status in ["completed"] * 3 + ["completed_with_errors"] * 2 + ["failed", "cancelled"]:
        await make_import(session, access, status=status)
    assert await import_statistics(session, admin) == ImportStatistics(
        total=9, pending=1, processing=1, completed=3, completed_with_errors=2, failed=1, cancelled=1
    )
