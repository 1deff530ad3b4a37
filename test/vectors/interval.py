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
print(json.dumps({"events": events, "joined": joined}, ensure_ascii=False, separators=(",", ":")))
