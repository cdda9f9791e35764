"""Orders are found by words: an index of them that the database keeps, in place of reading every order.

Revision ID: 0012
Revises: 0011
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

AT_ONCE = 1000
LIGATURES = str.maketrans(
    {"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ð": "d", "þ": "t", "\u0131": "i"}
)
WORDS = "array_to_tsvector(array_append(string_to_array(search_text, ' '), '@' || store_id::text))"

POSTGRESQL = [
    f"CREATE INDEX search_orders ON orders USING gin (({WORDS}))",
    # How many orders have the words the planner cannot know: what it may do is said here. The index is the only way.
    f"""CREATE FUNCTION orion_orders_found(query tsquery, most integer) RETURNS SETOF bigint LANGUAGE sql STABLE
    SET enable_seqscan TO off SET enable_indexscan TO off SET enable_indexonlyscan TO off AS $found$
    SELECT id FROM orders WHERE {WORDS} @@ query LIMIT most
    $found$""",
]

ADD = "INSERT INTO order_words (rowid, search_text) VALUES (NEW.id, NEW.search_text);"
FORGET = (
    "INSERT INTO order_words (order_words, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text);"
)
SQLITE = [
    "CREATE VIRTUAL TABLE order_words USING fts5("
    "search_text, content = 'orders', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3')",
    "INSERT INTO order_words (order_words) VALUES ('rebuild')",
    f"CREATE TRIGGER search_orders_insert AFTER INSERT ON orders BEGIN {ADD} END",
    f"CREATE TRIGGER search_orders_delete AFTER DELETE ON orders BEGIN {FORGET} END",
    "CREATE TRIGGER search_orders_update AFTER UPDATE OF search_text ON orders"
    f" WHEN OLD.search_text IS NOT NEW.search_text BEGIN {FORGET} {ADD} END",
]


def upgrade() -> None:
    connection = op.get_bind()
    orders = sa.table("orders", sa.column("id"), sa.column("search_text"))
    known = sa.select(orders.c.id, orders.c.search_text).order_by(orders.c.id).limit(AT_ONCE)
    write = sa.update(orders).where(orders.c.id == sa.bindparam("of")).values(search_text=sa.bindparam("words"))
    rows = connection.execute(known).all()
    while rows:
        connection.execute(write, [{"of": row.id, "words": words(row.search_text)} for row in rows])
        rows = connection.execute(known.where(orders.c.id > rows[-1].id)).all()
    stored = connection.dialect.name == "postgresql"
    for statement in POSTGRESQL if stored else SQLITE:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        statements = ["DROP FUNCTION orion_orders_found(tsquery, integer)", "DROP INDEX search_orders"]
    else:
        triggers = ("insert", "delete", "update")
        statements = [f"DROP TRIGGER search_orders_{name}" for name in triggers] + ["DROP TABLE order_words"]
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def words(text: str) -> str:
    """What was kept in lines, as words in plain letters; of the two numbers, the digits alone too."""
    digits = re.findall(r"\d{4,}", " ".join(text.split("\n")[:2]))
    letters = unicodedata.normalize("NFD", text.lower().translate(LIGATURES))
    plain = unicodedata.normalize("NFC", "".join(each for each in letters if not unicodedata.combining(each)))
    found = [*re.findall(r"[^\W_]+", plain), *digits]
    return " ".join(list(dict.fromkeys(word[:64] for word in found))[:1000])
