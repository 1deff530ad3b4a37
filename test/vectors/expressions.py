"""Expected values of expressions over columns: zoneinfo (tzdata), NumPy and scikit-learn.

Usage: python -m pip install numpy scikit-learn tzdata && python test/vectors/expressions.py > test/vectors/expressions.json
"""

import json
import random
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import numpy
from sklearn.metrics.pairwise import haversine_distances

random.seed(13)
EARTH_RADIUS_KM = 6371.0088
ZONES = [
    "America/New_York", "America/Sao_Paulo", "America/St_Johns", "Africa/Cairo", "Asia/Kathmandu", "Asia/Kolkata",
    "Asia/Tehran", "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin", "Pacific/Apia", "Pacific/Chatham", "UTC",
]


def instants(zone):
    """Random ones, and the seconds around changes of the clock."""
    first, last = int(datetime(1971, 1, 1, tzinfo=timezone.utc).timestamp()), int(
        datetime(2035, 1, 1, tzinfo=timezone.utc).timestamp()
    )
    info = ZoneInfo(zone)
    found = [random.randrange(first, last) for _ in range(60)]
    changes = []
    at = first
    offset = datetime.fromtimestamp(at, info).utcoffset()
    while at < last:
        after = datetime.fromtimestamp(at + 3600, info).utcoffset()
        if after != offset:
            low, high = at, at + 3600
            while high - low > 1:
                middle = (low + high) // 2
                if datetime.fromtimestamp(middle, info).utcoffset() == offset:
                    low = middle
                else:
                    high = middle
            changes.append(high)
        offset, at = after, at + 3600
    for change in random.sample(changes, min(30, len(changes))):
        found += [change - 1, change, change + 1]
    return found


def clock(zone):
    rows = []
    for second in instants(zone):
        local = datetime.fromtimestamp(second, ZoneInfo(zone))
        rows.append(
            [second * 1000 + random.randrange(1000), local.hour, local.minute, local.isoweekday(), local.day,
             local.month, local.year]
        )
    return rows


def distances():
    points = [[random.uniform(-90, 90), random.uniform(-180, 180)] for _ in range(80)]
    points += [[90, 0], [-90, 0], [0, 180], [0, -180], [52.52, 13.405], [52.52, 13.4050001]]
    rows = []
    for _ in range(300):
        a, b = random.choice(points), random.choice(points)
        radians = haversine_distances(numpy.radians([a]), numpy.radians([b]))[0][0]
        rows.append([*a, *b, float(radians * EARTH_RADIUS_KM)])
    return rows


edges = [-5.5, 0, 1, 10, 1000.25]
values = [random.uniform(-10, 1200) for _ in range(100)] + edges + [-1e300, 1e300]
operands = [[random.uniform(-50, 50), random.choice([-7, -2.5, 3, 10.25])] for _ in range(100)] + [[6, 3], [-6, 3], [0, -3]]
print(
    json.dumps(
        {
            "clock": {zone: clock(zone) for zone in ZONES},
            "distances": distances(),
            "bins": {"edges": edges, "rows": [[v, int(numpy.digitize(v, edges))] for v in values]},
            "modulo": [[a, b, float(numpy.mod(a, b))] for a, b in operands],
        }
    )
)
