"""Files of rows for test/adapters: Parquet by pyarrow in every codec and page form, Avro containers by fastavro, CSV by
pandas, with the rows that they hold as NDJSON.

    pip install pyarrow "fastavro[codecs]" pandas && python3 test/vectors/make_files.py
"""

import datetime as dt
import decimal
import json
import os
import struct

import fastavro
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
ROWS = 500
START = dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)


def row(i):
    at = START + dt.timedelta(seconds=i, microseconds=123_456)
    return {
        "id": f"p-{i:04}" if i % 7 else "Zürich \"1\", \n2",
        "big": 2**60 + i,
        "amount": i / 8,
        "price": decimal.Decimal(i) / 100,
        "count": i - 250,
        "flag": None if i % 5 == 0 else i % 2 == 0,
        "note": None if i % 3 else f"note {i % 4}",
        "at": at,
        "day": at.date(),
        "after": {"amount": i * 1.5, "who": None if i % 4 else "w"},
        "tags": [] if i % 2 else ["a", f"b{i % 3}"],
    }


def plain(value):
    """As the readers give it: instants in milliseconds, integers of 64 bits as text."""
    if isinstance(value, dt.datetime):
        return {"ms": int(value.timestamp() * 1000 + 1e-6)}
    if isinstance(value, dt.date):
        return {"ms": int(dt.datetime(value.year, value.month, value.day, tzinfo=dt.timezone.utc).timestamp() * 1000)}
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return {"long": str(value)}
    return value


def parquet(rows):
    schema = pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("big", pa.int64(), nullable=False),
            pa.field("amount", pa.float64()),
            pa.field("price", pa.decimal128(10, 2)),
            pa.field("count", pa.int32()),
            pa.field("flag", pa.bool_()),
            pa.field("note", pa.string()),
            pa.field("at", pa.timestamp("us", tz="UTC"), nullable=False),
            pa.field("day", pa.date32()),
            pa.field("after", pa.struct([("amount", pa.float64()), ("who", pa.string())])),
            pa.field("tags", pa.list_(pa.string())),
        ]
    )
    table = pa.Table.from_pylist(rows, schema=schema)
    forms = {
        "none-v1": {"compression": "none", "data_page_version": "1.0"},
        "snappy-v1": {"compression": "snappy", "data_page_version": "1.0", "use_dictionary": False},
        "gzip-v2": {"compression": "gzip", "data_page_version": "2.0"},
        "brotli-v1": {"compression": "brotli", "data_page_version": "1.0"},
        "lz4-v1": {"compression": "lz4", "data_page_version": "1.0"},
        "zstd-v2": {"compression": "zstd", "data_page_version": "2.0", "use_dictionary": False},
    }
    for name, options in forms.items():
        path = os.path.join(FOLDER, f"rows-{name}.parquet")
        pq.write_table(table, path, row_group_size=200, data_page_size=1024, **options)


def kinds():
    """Types that strangers' files have, each with a null, in two files: decimals as bytes and as integers, and INT96."""
    d = decimal.Decimal
    whole = pa.decimal128(38, 0)
    cents = pa.decimal128(18, 2)
    columns = {
        "small": pa.array([d("1.23"), None, d("-1234567.89")], pa.decimal128(9, 2)),
        "cents": pa.array([d("1234567890123456.78"), None, d("-0.01")], cents),
        "id": pa.array([d("12345678901234567890123456789012345678"), None, d("-1234567890123456789")], whole),
        "wide": pa.array([d("1.5"), None, d("12345678901234567890.12")], pa.decimal256(76, 2)),
        "ns": pa.array([1767571200123456789, None, -1], pa.timestamp("ns", "UTC")),
        "us": pa.array([1767571200123456, None, -1001], pa.timestamp("us")),
        "time": pa.array([dt.time(10, 0, 1, 5), None, dt.time(0)], pa.time64("us")),
        "half": pa.array([1.5, None, -2.0], pa.float16()),
        "unsigned": pa.array([2**64 - 1, None, 5], pa.uint64()),
        "raw": pa.array([b"\xff\xfe", None, b"abcd"], pa.binary()),
        "mark": pa.array(["\ufeffx", None, "y"], pa.string()),
        "dict": pa.array(["a", None, "a"]).dictionary_encode(),
        "uuid": pa.array([bytes(range(16)), None, bytes(16)], pa.uuid()),
        "delta": pa.array([1, 2**40, -5], pa.int64()),
        "prefixed": pa.array(["ab", "abc", ""]),
        "split": pa.array([1.5, -2.25, 1e300], pa.float64()),
    }
    encodings = {"delta": "DELTA_BINARY_PACKED", "prefixed": "DELTA_BYTE_ARRAY", "split": "BYTE_STREAM_SPLIT"}
    plain_ones = {name: "PLAIN" for name in columns if name not in encodings and name != "dict"}
    pq.write_table(
        pa.table(columns),
        os.path.join(FOLDER, "kinds.parquet"),
        use_dictionary=["dict"],
        column_encoding={**encodings, **plain_ones},
    )
    pq.write_table(
        pa.table({name: columns[name] for name in ("small", "cents", "ns")}),
        os.path.join(FOLDER, "kinds-old.parquet"),
        store_decimal_as_integer=True,
        use_deprecated_int96_timestamps=True,
    )


def nested():
    """Maps, lists of structs, of maps and of lists, with decimals and times of day in them, with nulls and empty ones."""
    d, time = decimal.Decimal, dt.time
    cents = pa.decimal128(9, 2)
    line = pa.struct([("sku", pa.string()), ("price", cents), ("opens", pa.time32("ms")), ("tags", pa.list_(pa.string()))])
    schema = pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("at", pa.timestamp("ms", tz="UTC"), nullable=False),
            pa.field("attrs", pa.map_(pa.string(), pa.float64())),
            pa.field("fees", pa.map_(pa.string(), cents)),
            pa.field("stock", pa.map_(pa.int64(), pa.list_(pa.int32()))),
            pa.field("items", pa.list_(line)),
            pa.field("prices", pa.list_(pa.decimal128(30, 3))),
            pa.field("grid", pa.list_(pa.list_(pa.float64()))),
            pa.field("steps", pa.list_(pa.map_(pa.string(), pa.time64("us")))),
            pa.field("after", pa.struct([("total", cents), ("lines", pa.list_(line)), ("by", pa.map_(pa.string(), cents))])),
        ]
    )

    def item(i, sku):
        return {"sku": sku, "price": d(i) / 4, "opens": time(i % 24, 30), "tags": ["x"] * (i % 3)}

    def each(i):
        items = [item(i + k, None if k == 2 else f"s{k}") for k in range(i % 4)]
        return {
            "id": f"o{i}",
            "at": START + dt.timedelta(seconds=i),
            "attrs": {f"a{k}": k + i / 2 for k in range(i % 4)},
            "fees": {"card": d(i) / 100, "post": None},
            "stock": {2**53 + 1 + i: [i, None], 7: []},
            "items": items,
            "prices": [d(10**20 + i) / 1000, None, d(-i) / 8],
            "grid": [[], [i / 2, None], None][: i % 4],
            "steps": [{"open": time(i % 24), "shut": None}, {}],
            "after": {"total": d(-i) / 100, "lines": items, "by": {"x": d(i)}},
        }

    rows = [each(i) for i in range(40)]
    for i, row in enumerate(rows):
        if i % 8 == 5:
            row.update({name: None for name in row if name not in ("id", "at")})
        row["attrs"] = None if row["attrs"] is None else list(row["attrs"].items())
    table = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(table, os.path.join(FOLDER, "nested.parquet"), row_group_size=16, compression="zstd")

    def shown(value, type):
        """Decimals with the digits of their type, times in the units of theirs."""
        if value is None:
            return None
        if pa.types.is_decimal(type):
            return str(value.quantize(d(1).scaleb(-type.scale)))
        if pa.types.is_time(type):
            seconds = (value.hour * 60 + value.minute) * 60 + value.second
            return {"units": seconds * (1_000 if pa.types.is_time32(type) else 1_000_000)}
        if pa.types.is_map(type):
            return {str(key): shown(inner, type.item_type) for key, inner in dict(value).items()}
        if pa.types.is_list(type):
            return [shown(inner, type.value_type) for inner in value]
        if pa.types.is_struct(type):
            return {field.name: shown(value[field.name], field.type) for field in type}
        return plain(value)

    with open(os.path.join(FOLDER, "nested.ndjson"), "w", encoding="utf8") as out:
        for row in rows:
            out.write(json.dumps({field.name: shown(row[field.name], field.type) for field in schema}) + "\n")


def avro_times():
    """Times of day, in a union and in a list as well."""
    millis = {"type": "int", "logicalType": "time-millis"}
    micros = {"type": "long", "logicalType": "time-micros"}
    types = {"id": "string", "opens": millis, "shuts": ["null", micros], "steps": {"type": "array", "items": micros}}
    write_avro(
        "times.avro",
        types,
        [
            {"id": "a", "opens": dt.time(8, 30), "shuts": dt.time(18), "steps": [dt.time(0, 0, 1)]},
            {"id": "b", "opens": dt.time(0), "shuts": None, "steps": []},
        ],
    )


def avro_choices():
    """Unions of several types, durations, and a list whose items are of several types."""

    def record(name, *fields):
        return {"type": "record", "name": f"shop.{name}", "fields": [{"name": n, "type": t} for n, t in fields]}

    payment = record("Payment", ("amount", "double"), ("by", "string"))
    refund = record("Refund", ("amount", "double"))
    types = {
        "id": "string",
        "at": {"type": "long", "logicalType": "timestamp-millis"},
        "what": ["null", payment, refund, "string"],
        "all": {"type": "array", "items": ["shop.Payment", "shop.Refund"]},
        "code": ["long", "string"],
        "lasts": ["null", {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}],
    }
    at = START

    def of(name, **fields):
        return (f"shop.{name}", fields)

    write_avro(
        "choices.avro",
        types,
        [
            {"id": "a", "at": at, "what": of("Payment", amount=1.5, by="card"), "code": 7,
             "all": [of("Refund", amount=2.0), of("Payment", amount=3.0, by="x")], "lasts": struct.pack("<III", 1, 2, 3)},
            {"id": "b", "at": at, "what": of("Refund", amount=4.5), "code": "seven", "all": [], "lasts": None},
            {"id": "c", "at": at, "what": "nothing", "code": "", "all": [], "lasts": None},
            {"id": "d", "at": at, "what": None, "code": 0, "all": [], "lasts": None},
        ],
    )


def write_avro(name, types, rows):
    schema = {"type": "record", "name": "Row", "fields": [{"name": n, "type": t} for n, t in types.items()]}
    with open(os.path.join(FOLDER, name), "wb") as out:
        fastavro.writer(out, schema, rows, sync_marker=bytes(range(16)))


def avro(rows):
    long = {"type": "long", "logicalType": "timestamp-micros"}
    schema = fastavro.parse_schema(
        {
            "type": "record",
            "name": "Row",
            "fields": [
                {"name": "id", "type": "string"},
                {"name": "big", "type": "long"},
                {"name": "amount", "type": "double"},
                {"name": "count", "type": "int"},
                {"name": "flag", "type": ["null", "boolean"]},
                {"name": "note", "type": ["string", "null"]},
                {"name": "at", "type": long},
                {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]},
                {
                    "name": "after",
                    "type": {
                        "type": "record",
                        "name": "After",
                        "fields": [{"name": "amount", "type": "double"}, {"name": "who", "type": ["null", "string"]}],
                    },
                },
                {"name": "tags", "type": {"type": "array", "items": "string"}},
            ],
        }
    )
    without = [{name: value for name, value in row.items() if name != "price"} for row in rows]
    for codec in ("null", "deflate", "snappy", "zstandard"):
        with open(os.path.join(FOLDER, f"rows-{codec}.avro"), "wb") as out:
            fastavro.writer(out, schema, without, codec=codec, sync_interval=4_000, sync_marker=bytes(range(16)))


def avro_kinds():
    """Bytes that are numbers or text by their logical type, each with a null."""
    d = decimal.Decimal
    fixed = {"type": "fixed", "name": "F", "size": 9, "logicalType": "decimal", "precision": 20, "scale": 3}
    types = {
        "price": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        "id": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 0},
        "tax": fixed,
        "uuid": {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"},
        "raw": "bytes",
    }
    fields = [{"name": name, "type": ["null", type]} for name, type in types.items()]
    rows = [
        {"price": d("123.45"), "id": d(10**37 + 1), "tax": d("-1.123"), "uuid": bytes(range(16)), "raw": b"09"},
        {name: None for name in types},
        {"price": d("-0.01"), "id": d(-(10**37)), "tax": d("12345678901234567.001"), "uuid": bytes(16), "raw": b""},
    ]
    schema = {"type": "record", "name": "Kinds", "fields": fields}
    with open(os.path.join(FOLDER, "kinds.avro"), "wb") as out:
        fastavro.writer(out, schema, rows, sync_marker=bytes(range(16)))


def csv(rows):
    flat = [{name: row[name] for name in ("id", "big", "amount", "flag", "note", "at")} for row in rows]
    pd.DataFrame(flat).astype({"flag": "object"}).to_csv(os.path.join(FOLDER, "rows.csv"), index=False)


def bench(count=20_000):
    """Payments for the load bench: fewer rows make the start of the process the larger part of the figure."""
    at = [START + dt.timedelta(seconds=i) for i in range(count)]
    table = pa.table(
        {
            "id": [f"p-{i}" for i in range(count)],
            "card": [f"card-{i * 7919 % 1000}" for i in range(count)],
            "merchant": [f"merchant-{i * 104729 % 50}" for i in range(count)],
            "amount": [i * 31 % 10_000 / 100 for i in range(count)],
            "at": pa.array(at, pa.timestamp("ms", tz="UTC")),
        }
    )
    path = os.path.join(FOLDER, "bench.parquet")
    pq.write_table(table, path, compression="zstd", compression_level=19)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    rows = [row(i) for i in range(ROWS)]
    parquet(rows)
    kinds()
    nested()
    avro(rows)
    avro_kinds()
    avro_times()
    avro_choices()
    csv(rows)
    bench()
    with open(os.path.join(FOLDER, "rows.ndjson"), "w", encoding="utf8") as out:
        for each in rows:
            out.write(json.dumps({name: plain(value) for name, value in each.items()}, ensure_ascii=False) + "\n")


main()
