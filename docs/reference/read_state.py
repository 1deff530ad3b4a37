"""Reads features of a view from Redis without Millrace: a reference for readers in other languages.

Python 3.9 or newer, standard library alone. state-layout.md, beside this file, specifies the bytes.

  python3 read_state.py vectors FILE...              checks vectors of test/vectors/state-layout
  python3 read_state.py redis HOST PORT FILE ASOF    reads the key of a vector from Redis, as of an instant in ms
"""

import json
import math
import socket
import struct
import sys
import zlib

FRAME_BYTES = 9
HEAD_BYTES = 9


def checksum_seed(prefix, key):
    """FNV-1a over the UTF-16 units of the key, from the CRC-32 of the partition's prefix on."""
    seed = zlib.crc32(prefix.encode())
    units = key.encode("utf-16-le")
    for i in range(0, len(units), 2):
        seed = ((seed ^ struct.unpack_from("<H", units, i)[0]) * 0x01000193) & 0xFFFFFFFF
    return seed


def payload(prefix, key, value):
    """The frames of a value, verified and joined."""
    seed, at, parts = checksum_seed(prefix, key), 0, []
    while at < len(value):
        version, length, crc = struct.unpack_from("<BII", value, at)
        part = value[at + FRAME_BYTES : at + FRAME_BYTES + length]
        if version != 1 or len(part) != length or zlib.crc32(part, seed) != crc:
            raise ValueError("a frame does not verify")
        parts.append(part)
        at += FRAME_BYTES + length
    return b"".join(parts)


# Accumulators: slots, empty state, merge of a later one into an earlier one.
def merge_moments(a, b):
    if b[0] == 0:
        return a
    if a[0] == 0:
        return b
    n, delta = a[0] + b[0], b[1] - a[1]
    return [n, a[1] + (delta * b[0]) / n, a[2] + b[2] + (delta * delta * a[0] * b[0]) / n]


ACCUMULATORS = {
    "count": (1, [0.0], lambda a, b: [a[0] + b[0]]),
    "sum": (1, [0.0], lambda a, b: [a[0] + b[0]]),
    "moments": (3, [0.0, 0.0, 0.0], merge_moments),
    "max": (1, [math.nan], lambda a, b: b if math.isnan(a[0]) or b[0] > a[0] else a),
    "min": (1, [math.nan], lambda a, b: b if math.isnan(a[0]) or b[0] < a[0] else a),
    "latest": (2, [math.nan, -math.inf], lambda a, b: a if b[1] < a[1] else b),
}


def variance(s):
    return s[2] / (s[0] - 1) if s[0] >= 2 else math.nan


READS = {
    "count": lambda s: s[0],
    "value": lambda s: s[0],
    "mean": lambda s: s[1] if s[0] > 0 else math.nan,
    "variance": variance,
    "std": lambda s: math.sqrt(variance(s)) if s[0] >= 2 else math.nan,
}


def fingerprint(data):
    """Of the declaration that the state is of."""
    version, value, _count = struct.unpack_from("<BII", data, 0)
    if version != 2:
        raise ValueError("the state is of another version")
    return value


class Slots:
    """Numbers, packed: for each four a byte with two bits of each, which say how the number follows."""

    def __init__(self, data):
        count = struct.unpack_from("<I", data, HEAD_BYTES - 4)[0]
        self.values, self.at, at, control = [], 0, HEAD_BYTES, 0
        for i in range(count):
            if i % 4 == 0:
                control, at = data[at], at + 1
            kind, value = (control >> 2 * (i % 4)) & 3, 0.0
            if kind == 1:
                zigzag, shift = 0, 0
                while True:
                    zigzag, byte, at = zigzag | (data[at] & 127) << shift, data[at], at + 1
                    shift += 7
                    if byte < 128:
                        break
                value = float(-(zigzag + 1 >> 1) if zigzag & 1 else zigzag >> 1)
            elif kind > 1:
                (value,) = struct.unpack_from("<f" if kind == 2 else "<d", data, at)
                at += 4 if kind == 2 else 8
            self.values.append(value)
        if at != len(data):
            raise ValueError("the state is longer than its slots")

    def take(self, count=1):
        taken = self.values[self.at : self.at + count]
        if len(taken) != count:
            raise ValueError("the state ends early")
        self.at += count
        return taken[0] if count == 1 else list(taken)


def decode(layout, data):
    """Time of the newest event, and for each ring its panes: index and accumulators."""
    slots = Slots(data)
    newest_ms = slots.take()
    slots.take()  # number of slots of the panes
    rings = []
    for ring in layout["rings"]:
        slots.take()  # index of the newest pane
        panes = {}
        for _ in range(int(slots.take())):
            index = int(slots.take())
            slots.take()  # number of updates
            panes[index] = [
                [slots.take()] if ACCUMULATORS[name][0] == 1 else slots.take(ACCUMULATORS[name][0])
                for name in ring["accumulators"]
            ]
        rings.append(panes)
    if slots.at != len(slots.values):
        raise ValueError("the state is longer than its layout")
    return newest_ms, rings


def features(layout, data, as_of_ms):
    """Features by name as of an instant, rounded to Float32; None for a missing value."""
    _, rings = decode(layout, data)
    merged = []
    for ring, panes in zip(layout["rings"], rings):
        last = as_of_ms // ring["paneMs"]
        if ring["kind"] == "tumbling":
            last -= 1  # the window before that of the instant
        first = last - ring["sizeMs"] // ring["paneMs"] + 1
        states = [list(ACCUMULATORS[name][1]) for name in ring["accumulators"]]
        for index in sorted(i for i in panes if first <= i <= last):
            for a, name in enumerate(ring["accumulators"]):
                states[a] = ACCUMULATORS[name][2](states[a], panes[index][a])
        merged.append(states)
    values = {}
    for name, (ring, accumulator, read) in layout["features"].items():
        value = READS[read](merged[ring][accumulator])
        values[name] = None if math.isnan(value) else struct.unpack("<f", struct.pack("<f", value))[0]
    return values


def reply(stream):
    """One reply in Redis' protocol (RESP2): bytes, None, an integer or a list."""
    kind, rest = (line := stream.readline())[:1], line[1:-2]
    if kind == b"-":
        raise ValueError(f"Redis refused: {rest.decode()}")
    if kind == b"*":
        return [reply(stream) for _ in range(int(rest))]
    if kind != b"$":
        return int(rest) if kind == b":" else rest
    return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2]


def transaction(host, port, *commands):
    """The replies of commands that see one instant."""
    request = b""
    for words in (["MULTI"], *commands, ["EXEC"]):
        words = [word.encode() for word in words]
        request += b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
    with socket.create_connection((host, port)) as connection, connection.makefile("rb") as stream:
        connection.sendall(request)
        return [reply(stream) for _ in range(len(commands) + 2)][-1]


def stored(host, port, prefix, key):
    """Status of a key, and its state if it is present."""
    meta, score, (value, length) = transaction(
        host,
        port,
        ["HMGET", prefix + "meta", "offset", "stage:~complete"],
        ["ZSCORE", prefix + "index", key],
        ["HMGET", f"{prefix}k:{key}", "s", "n"],
    )
    offset, complete = meta
    if offset is None:
        return "not_found", None
    if complete is not None and int(offset) < int(payload(prefix, ":~complete", complete)):
        return "rebuilding", None
    if score is None:
        return "not_found", None
    if value is None or length is None or len(value) != int(length):
        return "rebuilding", None
    return "present", payload(prefix, key, value)


def check(path):
    with open(path, encoding="utf-8") as file:
        vector = json.load(file)
    data = payload(vector["prefix"], vector["key"], bytes.fromhex(vector["value"]))
    assert fingerprint(data) == vector["fingerprint"]
    newest_ms, _ = decode(vector["layout"], data)
    assert newest_ms == vector["eventTimeMs"], newest_ms
    for read in vector["reads"]:
        found = features(vector["layout"], data, read["asOfMs"])
        assert found == read["values"], (path, read["asOfMs"], found, read["values"])
    print(f"{path}: {len(vector['reads'])} instants")


def main(mode, *words):
    if mode == "vectors":
        for path in words:
            check(path)
        return
    host, port, path, as_of_ms = words
    with open(path, encoding="utf-8") as file:
        vector = json.load(file)
    prefix, key = vector["prefix"], vector["key"]
    status, data = stored(host, int(port), prefix, key)
    if data is not None and fingerprint(data) != vector["fingerprint"]:
        status = "not_found"  # its engine does not use state of another declaration either
    values = features(vector["layout"], data, int(as_of_ms)) if status == "present" else None
    print(json.dumps({"status": status, "values": values}))


if __name__ == "__main__":
    main(*sys.argv[1:])
