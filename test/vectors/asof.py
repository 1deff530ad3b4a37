# ASOF joins of DuckDB for test/operators/lookup-vectors.test.ts: pip install duckdb==2.0.1; python asof.py > asof.json
import json
import random
import duckdb

random.seed(14)
keys = [f"k{i}" for i in range(12)] + ["", "ü", "9007199254740993"]
versions = {}
for _ in range(160):
    key, at = random.choice(keys), random.randrange(0, 1000)
    deleted = random.random() < 0.15
    amount = None if deleted or random.random() < 0.1 else random.randrange(0, 500) / 4
    name = None if deleted or random.random() < 0.1 else random.choice(["food", "fuel", "żółć", ""])
    versions[(key, at)] = (key, at, deleted, amount, name)
rows = list(versions.values())
random.shuffle(rows)
events = [(i, random.choice(keys + ["none", None]), random.randrange(-50, 1100)) for i in range(300)]

db = duckdb.connect()
db.execute("CREATE TABLE versions (key VARCHAR, t BIGINT, deleted BOOLEAN, amount DOUBLE, name VARCHAR)")
db.executemany("INSERT INTO versions VALUES (?, ?, ?, ?, ?)", rows)
db.execute("CREATE TABLE events (id INTEGER, key VARCHAR, t BIGINT)")
db.executemany("INSERT INTO events VALUES (?, ?, ?)", events)
joined = db.execute(
    """
    SELECT e.id, v.amount, v.name
    FROM events e ASOF LEFT JOIN versions v ON e.key = v.key AND e.t >= v.t
    ORDER BY e.id
    """
).fetchall()
print(json.dumps({"versions": rows, "events": events, "joined": joined}, ensure_ascii=False, separators=(",", ":")))
