"""Search: GTINs in one length, indexes for lists, and a full-text index that the database keeps by itself.

Triggers fill the index, so that every writer is covered, COPY too. Its tables and the indexes called `search_*` are no
part of the models: they differ by database, and `orion.catalog.search` alone reads them.

Revision ID: 0003
Revises: 0002
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_marketplace_products_brand_id": ("marketplace_products", ["brand", "id"]),
    "ix_products_store_id_id": ("products", ["store_id", "id"]),
    "ix_products_store_id_display_order": ("products", ["store_id", "display_order", "id"]),
}

OWN = " OR ".join(
    f"{column} IS NOT NULL"
    for column in ("brand", "availability", "condition", "google_product_category", "price_minor", "sale_price_minor")
)
PARTIAL = {
    "ix_products_own": ("products", ["store_id", "marketplace_product_id"], OWN),
    "ix_marketplace_products_condition_id": ("marketplace_products", ["condition", "id"], "condition <> 'new'"),
    "ix_marketplace_products_digital": ("marketplace_products", ["id"], "is_digital"),
}

LETTERS = {
    letter: base
    for letter in map(chr, (*range(0xC0, 0x180), *range(0x1E00, 0x1F00)))
    if len(base := unicodedata.normalize("NFD", letter)[0].lower()) == 1 and "a" <= base <= "z"
} | dict(zip("ØøĐđŁłÐðÞþıĦħ", "ooddllddttihh"))
SEPARATORS = "./\\-_@&<>+%#:~'’"
"""What PostgreSQL's parser would read as part of an address, a path, a number or a tag."""

PLAIN = f"""
CREATE FUNCTION orion_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $plain$
SELECT translate(
  CASE WHEN octet_length($1) = length($1) THEN lower($1)
  ELSE translate(lower(replace(replace(replace($1, 'ß', 'ss'), 'œ', 'oe'), 'æ', 'ae')),
                 '{"".join(LETTERS)}', '{"".join(LETTERS.values())}') END,
  '{SEPARATORS.replace("'", "''")}', '{" " * len(SEPARATORS)}')
$plain$
"""

# A word that a store has put on its own listing is kept as "@<store>=<word>"; "@<store>" says that the store lists it.
REFRESH = """
CREATE FUNCTION orion_refresh_search(ids bigint[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off AS $refresh$
BEGIN
  WITH fresh AS MATERIALIZED (
    SELECT m.id, left(coalesce(t.en, t.fr, t.de), 80) AS title,
      setweight(to_tsvector('simple', concat_ws(' ', t.en, t.fr, t.de)), 'A')
        || setweight(to_tsvector('simple', orion_plain(coalesce(m.brand, ''))), 'B') AS words,
      coalesce(to_tsvector('english', t.en), '') || coalesce(to_tsvector('french', t.fr), '')
        || coalesce(to_tsvector('german', t.de), '') AS stems,
      ARRAY(SELECT '@' || p.store_id FROM products p WHERE p.marketplace_product_id = m.id
            UNION SELECT '@' || m.source_store_id WHERE m.source_store_id IS NOT NULL
            UNION SELECT '@' || p.store_id || '=' || word
              FROM products p JOIN product_translations o ON o.product_id = p.id,
              LATERAL unnest(tsvector_to_array(
                to_tsvector('simple', orion_plain(o.title)) || to_tsvector(
                  CASE o.language WHEN 'en' THEN 'english'::regconfig WHEN 'fr' THEN 'french'::regconfig
                                  WHEN 'de' THEN 'german'::regconfig ELSE 'simple'::regconfig END,
                  orion_plain(o.title)))) AS word
              WHERE p.marketplace_product_id = m.id AND o.title IS NOT NULL
            UNION SELECT '@' || p.store_id || '=' || word
              FROM products p, LATERAL unnest(tsvector_to_array(to_tsvector('simple', orion_plain(p.brand)))) AS word
              WHERE p.marketplace_product_id = m.id AND p.brand IS NOT NULL) AS marks
    FROM unnest(ids) AS wanted(id)
    JOIN marketplace_products m ON m.id = wanted.id
    CROSS JOIN LATERAL (
      SELECT max(orion_plain(title)) FILTER (WHERE language = 'en') AS en,
             max(orion_plain(title)) FILTER (WHERE language = 'fr') AS fr,
             max(orion_plain(title)) FILTER (WHERE language = 'de') AS de
      FROM marketplace_product_translations WHERE marketplace_product_id = m.id
    ) AS t
    WHERE coalesce(t.en, t.fr, t.de) IS NOT NULL
  ), kept AS (
    INSERT INTO marketplace_product_search AS s (marketplace_product_id, title, document)
    SELECT id, title, words || setweight(stems, 'C') || array_to_tsvector(marks) FROM fresh
    ON CONFLICT (marketplace_product_id) DO UPDATE SET title = excluded.title, document = excluded.document
    WHERE s.document <> excluded.document OR s.title <> excluded.title
  )
  INSERT INTO search_words (word)
  SELECT word FROM (
    SELECT DISTINCT found.word COLLATE "C" AS word FROM fresh, unnest(tsvector_to_array(words)) AS found(word)
    WHERE found.word ~ '^[a-z]{4,30}$'
  ) AS said
  WHERE NOT EXISTS (SELECT FROM search_words AS known WHERE known.word COLLATE "C" = said.word);
END $refresh$
"""

# What a reader typed, as a query: every word, or its stem, in the shared texts or in the store's own. Immutable, so that
# the planner knows the words, and how frequent they are.
QUERY = """
CREATE FUNCTION orion_search_query(words text[], language text, store bigint) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $query$
SELECT concat_ws(' & ', string_agg('(' || concat_ws(' | ', typed, stem, own_typed, own_stem) || ')', ' & '),
                 quote_literal('@' || store))::tsquery
FROM unnest(words) WITH ORDINALITY AS listed(word, n)
CROSS JOIN LATERAL (
  SELECT '@' || store || '=' AS own, CASE WHEN n = cardinality(words) THEN ':*' ELSE '' END AS prefix,
    (ts_lexize(CASE language WHEN 'fr' THEN 'french_stem'::regdictionary
                             WHEN 'de' THEN 'german_stem'::regdictionary
                             ELSE 'english_stem'::regdictionary END, word))[1] AS root
) AS r
CROSS JOIN LATERAL (
  SELECT quote_literal(word) || prefix AS typed, quote_literal(root) AS stem,
    quote_literal(own || word) || prefix AS own_typed, quote_literal(own || root) AS own_stem
) AS q
$query$
"""

COMPARING = ("orion_records_changed", "orion_overrides_changed")
POSTGRESQL = [
    PLAIN,
    # The number up to which the small index reaches: FIRST_IDS in orion/catalog/search.
    """CREATE TABLE marketplace_product_search (
      marketplace_product_id bigint PRIMARY KEY REFERENCES marketplace_products (id) ON DELETE CASCADE,
      title text COLLATE "C" NOT NULL,
      document tsvector NOT NULL
    )""",
    "CREATE INDEX search_documents ON marketplace_product_search USING gin (document)",
    "CREATE INDEX search_documents_first ON marketplace_product_search USING gin (document)"
    " WHERE marketplace_product_id < 32768",
    "CREATE INDEX search_titles ON marketplace_product_search (title, marketplace_product_id)",
    # Words that occur, for mending typing errors. Two writers may add the same word: it would cost more to forbid.
    "CREATE TABLE search_words (word text NOT NULL)",
    "CREATE INDEX search_words_word ON search_words (word COLLATE \"C\")",
    "CREATE INDEX search_identifiers ON marketplace_products ((lower(marketplace_product_id) COLLATE \"C\"))",
    "CREATE INDEX search_mpns ON marketplace_products ((lower(substr(mpn, 1, 64)) COLLATE \"C\"))",
    "CREATE INDEX search_prices ON marketplace_products (currency, coalesce(sale_price_minor, price_minor), id)",
    REFRESH,
    QUERY,
    """CREATE FUNCTION orion_texts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM orion_refresh_search(ARRAY(SELECT DISTINCT marketplace_product_id FROM changed));
      IF TG_OP = 'DELETE' THEN
        DELETE FROM marketplace_product_search AS s USING changed
        WHERE s.marketplace_product_id = changed.marketplace_product_id AND NOT EXISTS (
          SELECT FROM marketplace_product_translations AS t WHERE t.marketplace_product_id = s.marketplace_product_id);
      END IF;
      RETURN NULL;
    END $$""",
    """CREATE FUNCTION orion_records_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE ids bigint[] := ARRAY(
      SELECT n.id FROM changed AS n JOIN before AS b USING (id)
      WHERE n.brand IS DISTINCT FROM b.brand OR n.source_store_id IS DISTINCT FROM b.source_store_id);
    BEGIN
      IF ids <> '{}' THEN PERFORM orion_refresh_search(ids); END IF;
      RETURN NULL;
    END $$""",
    """CREATE FUNCTION orion_listings_changed() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off AS $$
    DECLARE ids bigint[] := ARRAY(
      SELECT DISTINCT m.id FROM changed AS c JOIN marketplace_products AS m ON m.id = c.marketplace_product_id
      WHERE m.source_store_id IS DISTINCT FROM c.store_id OR c.brand IS NOT NULL OR TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM marketplace_product_search AS s WHERE s.marketplace_product_id = m.id
        AND s.document @@ ('''@' || c.store_id || '='':*')::tsquery));
    BEGIN
      IF ids <> '{}' THEN PERFORM orion_refresh_search(ids); END IF;
      RETURN NULL;
    END $$""",
    """CREATE FUNCTION orion_overrides_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE ids bigint[] := ARRAY(
      SELECT DISTINCT n.marketplace_product_id FROM changed AS n JOIN before AS b USING (id)
      WHERE n.brand IS DISTINCT FROM b.brand);
    BEGIN
      IF ids <> '{}' THEN PERFORM orion_refresh_search(ids); END IF;
      RETURN NULL;
    END $$""",
    """CREATE FUNCTION orion_own_texts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE ids bigint[] := ARRAY(
      SELECT DISTINCT p.marketplace_product_id FROM changed AS c JOIN products AS p ON p.id = c.product_id);
    BEGIN
      IF ids <> '{}' THEN PERFORM orion_refresh_search(ids); END IF;
      RETURN NULL;
    END $$""",
    *(
        f"CREATE TRIGGER {function}_{event.lower()} AFTER {event} ON {table}"
        f" REFERENCING {'OLD' if event == 'DELETE' else 'NEW'} TABLE AS changed"
        f"{' OLD TABLE AS before' if function in COMPARING else ''}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for table, function, events in (
            ("marketplace_product_translations", "orion_texts_changed", ("INSERT", "UPDATE", "DELETE")),
            ("marketplace_products", "orion_records_changed", ("UPDATE",)),
            ("products", "orion_listings_changed", ("INSERT", "DELETE")),
            ("products", "orion_overrides_changed", ("UPDATE",)),
            ("product_translations", "orion_own_texts_changed", ("INSERT", "UPDATE", "DELETE")),
        )
        for event in events
    ),
]



def _sqlite_refresh(table: str, id_: str) -> str:
    return f"""
      DELETE FROM marketplace_product_search WHERE marketplace_product_id = {id_};
      DELETE FROM marketplace_product_words WHERE rowid = {id_};
      INSERT INTO marketplace_product_search (marketplace_product_id, title)
      SELECT {id_}, lower(substr(title, 1, 80)) FROM marketplace_product_translations
      WHERE marketplace_product_id = {id_}
      ORDER BY CASE language WHEN 'en' THEN 1 WHEN 'fr' THEN 2 ELSE 3 END LIMIT 1;
      INSERT INTO marketplace_product_words (rowid, words)
      SELECT m.id, coalesce(m.brand, '') || ' ' || group_concat(t.title, ' ')
      FROM marketplace_products m JOIN marketplace_product_translations t ON t.marketplace_product_id = m.id
      WHERE m.id = {id_} GROUP BY m.id;"""


def _sqlite_own(id_: str) -> str:
    return f"""
      DELETE FROM product_words WHERE rowid = {id_};
      INSERT INTO product_words (rowid, words)
      SELECT p.id, coalesce(p.brand, '') || ' ' || coalesce(group_concat(t.title, ' '), '')
      FROM products p LEFT JOIN product_translations t ON t.product_id = p.id
      WHERE p.id = {id_} AND (p.brand IS NOT NULL OR t.title IS NOT NULL) GROUP BY p.id;"""


TEXTS, OWN_TEXTS = "marketplace_product_translations", "product_translations"
FTS = "USING fts5(words, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')"
TRIGGERS = {
    "search_texts_insert": (f"AFTER INSERT ON {TEXTS}", _sqlite_refresh(TEXTS, "NEW.marketplace_product_id")),
    "search_texts_update": (f"AFTER UPDATE ON {TEXTS}", _sqlite_refresh(TEXTS, "NEW.marketplace_product_id")),
    "search_texts_delete": (f"AFTER DELETE ON {TEXTS}", _sqlite_refresh(TEXTS, "OLD.marketplace_product_id")),
    "search_records_update": (
        "AFTER UPDATE OF brand ON marketplace_products WHEN OLD.brand IS NOT NEW.brand",
        _sqlite_refresh("marketplace_products", "NEW.id"),
    ),
    "search_own_texts_insert": (f"AFTER INSERT ON {OWN_TEXTS}", _sqlite_own("NEW.product_id")),
    "search_own_texts_update": (f"AFTER UPDATE ON {OWN_TEXTS}", _sqlite_own("NEW.product_id")),
    "search_overrides_insert": ("AFTER INSERT ON products WHEN NEW.brand IS NOT NULL", _sqlite_own("NEW.id")),
    "search_overrides_update": (
        "AFTER UPDATE OF brand ON products WHEN OLD.brand IS NOT NEW.brand",
        _sqlite_own("NEW.id"),
    ),
    "search_overrides_delete": ("AFTER DELETE ON products", "DELETE FROM product_words WHERE rowid = OLD.id;"),
    "search_own_texts_delete": (f"AFTER DELETE ON {OWN_TEXTS}", _sqlite_own("OLD.product_id")),
}
SQLITE = [
    "CREATE TABLE marketplace_product_search (marketplace_product_id INTEGER PRIMARY KEY, title TEXT NOT NULL)",
    "CREATE INDEX search_titles ON marketplace_product_search (title, marketplace_product_id)",
    f"CREATE VIRTUAL TABLE marketplace_product_words {FTS}",
    f"CREATE VIRTUAL TABLE product_words {FTS}",
    "CREATE VIRTUAL TABLE marketplace_product_vocabulary USING fts5vocab('marketplace_product_words', 'row')",
    "CREATE INDEX search_identifiers ON marketplace_products (lower(marketplace_product_id))",
    "CREATE INDEX search_mpns ON marketplace_products (lower(substr(mpn, 1, 64)))",
    "CREATE INDEX search_prices ON marketplace_products (currency, coalesce(sale_price_minor, price_minor), id)",
    *(f"CREATE TRIGGER {name} {event} BEGIN {body} END" for name, (event, body) in TRIGGERS.items()),
]


def upgrade() -> None:
    stored = op.get_bind().dialect.name == "postgresql"  # SQLite adds no stored columns, PostgreSQL 15 knows no others
    gtin14 = sa.Computed("substr('00000000000000' || gtin, length(gtin) + 1, 14)", persisted=stored)
    op.add_column("marketplace_products", sa.Column("gtin14", sa.String(14), gtin14))
    op.create_index("ix_marketplace_products_gtin14", "marketplace_products", ["gtin14"])
    digital = sa.Column("is_digital", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("marketplace_products", digital)
    op.drop_index("ix_marketplace_products_brand", "marketplace_products")
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    for name, (table, columns, where) in PARTIAL.items():
        op.create_index(name, table, columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))
    for statement in POSTGRESQL if stored else SQLITE:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if stored else statement)
    if stored:
        _add_trigrams()
    _index_what_is_there(stored)


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name == "postgresql":
        for name in ("texts", "records", "listings", "overrides", "own_texts"):
            run(f"DROP FUNCTION orion_{name}_changed() CASCADE")
        run("DROP FUNCTION orion_search_query(text[], text, bigint)")
        run("DROP FUNCTION orion_refresh_search(bigint[])")
        run("DROP TABLE marketplace_product_search")
        run("DROP TABLE search_words")
        run("DROP FUNCTION orion_plain(text)")
    else:
        for name in TRIGGERS:
            run(f"DROP TRIGGER {name}")
        for table in ("vocabulary", "words", "search"):
            run(f"DROP TABLE marketplace_product_{table}")
        run("DROP TABLE product_words")
    for name in ("search_identifiers", "search_mpns", "search_prices"):
        run(f"DROP INDEX {name}")
    for name, (table, _, _) in PARTIAL.items():
        op.drop_index(name, table)
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    op.create_index("ix_marketplace_products_brand", "marketplace_products", ["brand"])
    op.drop_column("marketplace_products", "is_digital")
    op.drop_index("ix_marketplace_products_gtin14", "marketplace_products")
    op.drop_column("marketplace_products", "gtin14")


def _add_trigrams() -> None:
    """Find misspelt words by their trigrams, where the server has the extension and lets us install it."""
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.exec_driver_sql("CREATE INDEX search_words_trigrams ON search_words USING gin (word gin_trgm_ops)")
    except sa.exc.DBAPIError:
        return  # search then looks for words with the same first letter


def _index_what_is_there(stored: bool) -> None:
    run = op.get_bind().exec_driver_sql
    if stored:
        run("SELECT orion_refresh_search(ARRAY(SELECT id FROM marketplace_products))")
        return
    run(f"UPDATE {TEXTS} SET language = language")
    run(f"UPDATE {OWN_TEXTS} SET language = language")
    run("INSERT OR REPLACE INTO product_words (rowid, words) SELECT p.id, p.brand FROM products p WHERE p.brand IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM product_translations t WHERE t.product_id = p.id)")
