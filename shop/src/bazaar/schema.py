"""The shop's tables: numbered migrations, then the seed. Runs at every start and is safe to repeat."""

from __future__ import annotations

import psycopg

from bazaar.goods import assortment

FULL_SHELF = 500
_REVIEWS_OF_EACH = 3_000

MIGRATIONS = (
    """
    CREATE TABLE products (
        id text PRIMARY KEY,
        name text NOT NULL,
        category text NOT NULL,
        price_cents int NOT NULL
    );
    CREATE TABLE carts (shopper text PRIMARY KEY, lines jsonb NOT NULL, changed_at timestamptz NOT NULL);
    CREATE TABLE stock (
        product_id text PRIMARY KEY REFERENCES products,
        available int NOT NULL CHECK (available >= 0)
    );
    CREATE TABLE reservations (id text PRIMARY KEY, lines jsonb NOT NULL, made_at timestamptz NOT NULL);
    CREATE TABLE orders (
        id text PRIMARY KEY,
        shopper text NOT NULL,
        total_cents int NOT NULL,
        charge_id text NOT NULL,
        lines jsonb NOT NULL,
        placed_at timestamptz NOT NULL
    );
    CREATE INDEX orders_by_time ON orders (placed_at);
    """,
    "CREATE TABLE reviews (product_id text NOT NULL REFERENCES products, stars int NOT NULL)",
)


def prepare(conninfo: str) -> None:
    """Migrate an empty or older database to the current schema, and fill up the stock."""
    with psycopg.connect(conninfo) as connection:
        _migrate(connection)
        _seed(connection)


def _migrate(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (number int PRIMARY KEY)")
    row = connection.execute("SELECT count(*) FROM migrations").fetchone()
    done = int(row[0]) if row else 0
    for number, statements in enumerate(MIGRATIONS[done:], start=done):
        connection.execute(statements.encode())
        connection.execute("INSERT INTO migrations VALUES (%s)", (number,))


def _seed(connection: psycopg.Connection) -> None:
    goods = assortment()
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO products VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(item.id, item.name, item.category, item.price_cents) for item in goods],
        )
        cursor.executemany(
            "INSERT INTO stock VALUES (%s, %s)"
            " ON CONFLICT (product_id) DO UPDATE SET available = excluded.available",
            [(item.id, FULL_SHELF) for item in goods],
        )
    connection.execute(
        "INSERT INTO reviews SELECT id, 1 + (n * 7 + length(id)) %% 5 FROM products, generate_series(1, %s) n"
        " WHERE NOT EXISTS (SELECT FROM reviews)",
        (_REVIEWS_OF_EACH,),
    )
    # Carts and reservations of a former run belong to shoppers who have left.
    connection.execute("TRUNCATE carts, reservations")
