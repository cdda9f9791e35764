"""Search: which words are looked up in the index, and which are looked at in what that finds.

The index reads all that a frequent word, or a beginning of one, is in, and so does the mark of a store that lists nearly
everything: in a large catalogue that takes longer than all else. What is rare is looked up, and the rest is checked.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# `sought` is for the index, `checked` (or NULL) for what it finds; both together mean what orion_search_query means.
# `share` is about how much of the catalogue that is, `hits` how many products, NULL while nobody knows. How frequent words are is what the planner
# believes: it has the most frequent ones counted.
ESTIMATE = """
CREATE FUNCTION orion_search_estimate(query tsquery) RETURNS float8 LANGUAGE plpgsql AS $estimate$
DECLARE
  plan json;
BEGIN
  EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM marketplace_product_search WHERE document @@ %L::tsquery', query)
    INTO plan;
  RETURN plan->0->'Plan'->>'Plan Rows';
END $estimate$
"""

PARTS = """
CREATE FUNCTION orion_search_parts(
  words text[], language text, store bigint, OUT sought tsquery, OUT checked tsquery, OUT share float8, OUT hits float8
) LANGUAGE plpgsql AS $parts$
DECLARE
  everything float8 := (SELECT nullif(greatest(reltuples, 0), 0) FROM pg_class
                        WHERE oid = 'marketplace_product_search'::regclass);
  term record;
  terms tsquery[] := '{}';
  beginners float8;
  estimate float8;
  estimates float8[] := '{}';
  rarest float8;
BEGIN
  share := CASE WHEN everything > 0 THEN 1 END;
  FOR term IN
    SELECT CASE WHEN prefix <> '' THEN word END AS beginning,
      concat_ws(' | ', typed, CASE WHEN root <> word THEN stem END, own_typed,
                CASE WHEN root <> word THEN own_stem END)::tsquery AS query
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
    UNION ALL SELECT NULL, quote_literal('@' || store)::tsquery WHERE store IS NOT NULL
  LOOP
    estimate := orion_search_estimate(term.query);
    SELECT count(*) INTO beginners FROM (
      SELECT FROM search_words
      WHERE word COLLATE "C" >= term.beginning AND word COLLATE "C" < term.beginning || '~' LIMIT 100
    ) AS known;
    IF beginners > 1 THEN  -- the planner knows the frequent ones; a rare word is as frequent as one that is not there
      estimate := greatest(estimate, beginners * orion_search_estimate('''@'''));
    END IF;
    terms := terms || term.query;
    estimates := estimates || estimate;
    rarest := least(rarest, estimate);
    share := share * least(1, estimate / everything);
  END LOOP;
  hits := share * everything;
  FOR n IN 1 .. cardinality(terms) LOOP
    IF estimates[n] > rarest AND (estimates[n] > 50 * rarest OR estimates[n] > everything / 4) THEN
      checked := CASE WHEN checked IS NULL THEN terms[n] ELSE checked && terms[n] END;
    ELSE
      sought := CASE WHEN sought IS NULL THEN terms[n] ELSE sought && terms[n] END;
    END IF;
  END LOOP;
END $parts$
"""


OWN = ("brand", "availability", "condition", "google_product_category")


def upgrade() -> None:
    for column in OWN:
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_products_own_{column}",
            "products",
            ["store_id", "marketplace_product_id"],
            postgresql_where=where,
            sqlite_where=where,
        )
    if op.get_bind().dialect.name == "postgresql":
        for function in (ESTIMATE, PARTS):
            op.get_bind().exec_driver_sql(function.replace("%", "%%"))


def downgrade() -> None:
    for column in OWN:
        op.drop_index(f"ix_products_own_{column}", "products")
    if op.get_bind().dialect.name == "postgresql":
        for function in ("parts(text[], text, bigint)", "estimate(tsquery)"):
            op.get_bind().exec_driver_sql(f"DROP FUNCTION orion_search_{function}")
