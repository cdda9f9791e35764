"""A catalogue of one store, as large as wanted, made by the database itself."""

import asyncio
import random
from dataclasses import dataclass

import psycopg

from orion import identity, merchants
from orion.identity.tokens import issue_tokens
from orion.main.migrate import migrate
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.settings import Settings

STEP = 50_000
WORDS, BRANDS, CATEGORIES = 6000, 2000, 400

_SYLLABLES = "ba co di fu ga lo mi no pe ra se ta ul vo wi xo yo za br tr st el en or an is".split()


@dataclass(frozen=True)
class Catalogue:
    """A filled database, and what to ask it."""

    url: str
    size: int
    token: str
    products: list[int]
    words: list[str]


def environment_for(url: str, var: str) -> dict[str, str]:
    """Settings of the measured processes: nobody is refused for asking too often."""
    return {
        "DATABASE_URL": url,
        "VAR_DIR": var,
        "SECRET_KEY": "b" * 40,
        "RATE_LIMIT_REQUESTS": str(10**9),
        "RATE_LIMIT_USER_REQUESTS": str(10**9),
        "ACCESS_TOKEN_EXPIRE_MINUTES": "600",
    }


def settings_for(url: str, var: str) -> Settings:
    """The same for this process."""
    values = {name.lower(): value for name, value in environment_for(url, var).items()}
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type] # texts, as from the environment


def vocabulary() -> list[str]:
    """Words to make titles of, always the same."""
    chance = random.Random(7)
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))] = None
    return [word for word in found if len(word) >= 4] + [f"w{n}ord" for n in range(50)]


def fill(server: str, size: int, var: str) -> Catalogue:
    """Make the database afresh and fill it: a few words are frequent, most are rare, as in real titles."""
    url = f"{server}/orion_bench_catalogue_{size}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "orion_bench_catalogue_{size}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "orion_bench_catalogue_{size}"')
    migrate(url)
    token, store_id = asyncio.run(_owner(url, var))
    words = vocabulary()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit TO OFF")
        connection.execute("SELECT setseed(0.5)")
        connection.execute("CREATE TEMP TABLE words (n int PRIMARY KEY, word text)")
        with connection.cursor().copy("COPY words FROM STDIN") as copy:
            for number, word in enumerate(words):
                copy.write_row((number, word))
        for table in ("marketplace_products", "marketplace_product_translations", "products"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        # an index made at once is made faster, and is the same
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '% gin %' AND schemaname = 'public'"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for start in range(1, size + 1, STEP):
            _fill_step(connection, start, min(size, start + STEP - 1), store_id, len(words))
        connection.execute("SET maintenance_work_mem = '1GB'")
        for _, definition in indexes:
            connection.execute(definition)
        for table in ("marketplace_products", "marketplace_product_translations", "products"):
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        connection.execute("VACUUM ANALYZE")
        rows = connection.execute("SELECT id FROM products ORDER BY md5(id::text) LIMIT 2000").fetchall()
    return Catalogue(url, size, token, [row[0] for row in rows], words)


def _fill_step(connection: psycopg.Connection, first: int, last: int, store_id: int, words: int) -> None:
    span = {"first": first, "last": last, "store": store_id, "words": words}
    connection.execute(
        """
        INSERT INTO marketplace_products (id, marketplace, marketplace_product_id, source_store_id, price_minor,
          sale_price_minor, currency, brand, gtin, availability, condition, google_product_category, image_link, link,
          product_type, created_at, updated_at)
        OVERRIDING SYSTEM VALUE
        SELECT n, 'Letzshop', 'SKU-' || n, %(store)s, 100 + (random() * 50000)::int,
          CASE WHEN random() < 0.1 THEN 99 END, 'EUR', 'Brand ' || (power(random(), 2) * 2000)::int,
          lpad(n::text, 13, '0'), (ARRAY['in_stock','in_stock','in_stock','out_of_stock','preorder'])[1 + n %% 5],
          CASE WHEN n %% 50 = 0 THEN 'used' ELSE 'new' END, 'Home > Category ' || n %% 400,
          'https://shop.example/images/' || n || '.jpg', 'https://shop.example/products/' || n,
          '["Home > Things"]', now(), now()
        FROM generate_series(%(first)s::bigint, %(last)s) AS n
        """,
        span,
    )
    connection.execute(
        """
        INSERT INTO marketplace_product_translations (marketplace_product_id, language, title, description)
        SELECT n, language, (SELECT string_agg(word, ' ' ORDER BY k) FROM (
            SELECT k, (power(random() + 0 * n, 4) * (%(words)s - 1))::int AS picked FROM generate_series(1, 5) AS k
          ) AS p JOIN words ON words.n = p.picked) || ' ' || n,
          'A thing of everyday use, made to last, in several colours. Returns within 30 days.'
        FROM generate_series(%(first)s::bigint, %(last)s) AS n, unnest(ARRAY['en', 'fr']) AS language
        """,
        span,
    )
    connection.execute(
        """
        INSERT INTO products (store_id, marketplace_product_id, price_minor, currency, created_at, updated_at)
        SELECT %(store)s, n, CASE WHEN n %% 49 = 7 THEN 1990 END, CASE WHEN n %% 49 = 7 THEN 'EUR' END, now(), now()
        FROM generate_series(%(first)s::bigint, %(last)s) AS n
        """,
        span,
    )
    connection.execute("SELECT orion_refresh_search(ARRAY(SELECT generate_series(%(first)s::bigint, %(last)s)))", span)


async def _owner(url: str, var: str) -> tuple[str, int]:
    """An owner with a store; the owner's token and the store's id."""
    database = Database(url, handlers=HANDLERS)
    async with database.transaction() as session:
        user = await identity.register(
            session,
            username="bench",
            email="bench@example.com",
            password="correct horse battery",  # noqa: S106 - a database that is thrown away
        )
        store = await merchants.create_store(session, user, code="BENCH", name="Bench")
        tokens = await issue_tokens(session, user, settings_for(url, var))
        store_id = getattr(store, "store", store).id
    await database.dispose()
    return tokens.access_token, store_id


def drop(catalogue: Catalogue) -> None:
    """Delete the database."""
    server, _, name = catalogue.url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def words_of(catalogue: Catalogue, count: int) -> list[str]:
    """Searches as people type them: frequent and rare words alike, one to three, the last one often unfinished."""
    chance = random.Random(11)
    searches = []
    for _ in range(count):
        picked = [
            catalogue.words[int(chance.random() ** 3 * (len(catalogue.words) - 1))]
            for _ in range(chance.choice((1, 2, 2, 3)))
        ]
        if chance.random() < 0.4:
            picked[-1] = picked[-1][: max(4, len(picked[-1]) - 2)]
        searches.append(" ".join(picked))
    return searches
