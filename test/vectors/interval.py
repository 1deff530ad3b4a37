# Interval joins of DuckDB for test/operators/interval-join.test.ts: pip install duckdb==2.0.1; python interval.py > interval.json
import json
import random
import duckdb

random.seed(15)
times = random.sample(range(0, 4000), 400)
events = [
    (i, random.choice(["a", "b", "c", None]), random.choice(["click", "order", "order"]), t,
     None if random.random() < 0.2 else random.randrange(0, 100) / 4, random.choice(["home", "cart", "ü", None]))
    for i, t in enumerate(sorted(times))
]
db = duckdb.connect()
db.execute("CREATE TABLE events (id INTEGER, key VARCHAR, kind VARCHAR, t BIGINT, amount DOUBLE, page VARCHAR)")
db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", events)
joined = db.execute(
    """
    SELECT o.id, CASE WHEN o.key IS NULL THEN 0 ELSE count(c.id) END, sum(c.amount), arg_max_null(c.page, c.t)
    FROM events o LEFT JOIN events c ON c.kind = 'click' AND c.key = o.key AND c.t BETWEEN o.t - 120 AND o.t - 5
    WHERE o.kind = 'order'
    GROUP BY o.id, o.key ORDER BY o.id
    """
).fetchall()


def unordered(lateness, lower, upper):
    """Events that come out of order, of two key columns: many at one instant, twice, without a key, or late."""
    rows, newest = [], 0
    for i in range(240):
        if rows and random.random() < 0.15:
            rows.append((i, *random.choice(rows[-10:])[1:]))  # a duplicate, which may have become late
            continue
        newest += random.choice([0, 0, 0, 1, 4, 15])
        behind = random.choice([0, 0, 0, lateness // 2, lateness, lateness + 1, 2 * lateness + 3])
        rows.append((
            i, random.choice(["a", "a", "a", "a|", "", None]), random.choice(["b", "b", "b", "|b", None]), random.choice(["click", "order"]),
            max(0, newest - behind), random.choice([None, -1.5, 0.0, 2.25]), random.choice(["home", "", None]),
        ))
    db.execute("CREATE OR REPLACE TABLE rows (id INTEGER, a VARCHAR, b VARCHAR, kind VARCHAR, t BIGINT, amount DOUBLE, page VARCHAR)")
    db.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    joined = db.execute(
        """
        WITH marked AS (
            SELECT *, max(t) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS watermark FROM rows
        ), kept AS (SELECT * FROM marked WHERE watermark IS NULL OR t >= watermark - $lateness)
        SELECT o.id, count(c.id), sum(c.amount), arg_max_null(c.page, c.t * 1000 + c.id)
        FROM kept o LEFT JOIN kept c ON c.kind = 'click' AND c.a = o.a AND c.b = o.b AND c.id < o.id
            AND c.t BETWEEN o.t + $lower AND o.t + $upper
        WHERE o.kind = 'order'
        GROUP BY o.id ORDER BY o.id
        """,
        {"lateness": lateness, "lower": lower, "upper": upper},
    ).fetchall()
    return {"lateness": lateness, "lower": lower, "upper": upper, "events": rows, "joined": joined}


tables = [unordered(*given) for given in [(0, -20, 0), (10, -30, 10), (10, 0, 0), (25, -5, 20), (25, -60, -10), (60, 2, 60)]]
print(json.dumps({"events": events, "joined": joined, "unordered": tables}, ensure_ascii=False, separators=(",", ":")))
