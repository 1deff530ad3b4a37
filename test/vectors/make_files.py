"""Files of rows for test/adapters: Parquet by pyarrow in every codec and page form, Avro containers by fastavro, CSV by
pandas, with the rows that they hold as NDJSON.

    pip install pyarrow "fastavro[codecs]" pandas && python3 test/vectors/make_files.py
"""

import datetime as dt
import decimal
import json
import os

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
    avro(rows)
    avro_kinds()
    csv(rows)
    bench()
    with open(os.path.join(FOLDER, "rows.ndjson"), "w", encoding="utf8") as out:
        for each in rows:
            out.write(json.dumps({name: plain(value) for name, value in each.items()}, ensure_ascii=False) + "\n")


main()
