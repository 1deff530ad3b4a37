"""Documents of MongoDB in the modes of Extended JSON, as PyMongo writes them, and their values: extended-json.json.

pip install pymongo==4.15.4; python test/vectors/extended-json.py > test/vectors/extended-json.json
"""

import datetime
import json
import random
import uuid

from bson import Binary, Code, Decimal128, Int64, ObjectId, Regex, Timestamp
from bson.json_util import JSONMode, JSONOptions, dumps
from bson.tz_util import utc

random.seed(13)
MODES = {
    # That of the Java driver's JsonMode.STRICT, by which Debezium writes.
    'strict': JSONOptions(json_mode=JSONMode.LEGACY, strict_number_long=True),
    'canonical': JSONOptions(json_mode=JSONMode.CANONICAL),
    'relaxed': JSONOptions(json_mode=JSONMode.RELAXED),
}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=utc)
TEXTS = ['', 'a', 'quote " and \\', 'line\nend', 'ünï 😀', '{"$oid": "no"}', 'x' * 300, '\u2028']


def document(i):
    at_ms = random.choice([0, 1, -1, 1_700_000_000_123, random.randrange(4_000_000_000_000)])
    digits = f'{random.randrange(10 ** random.randrange(1, 12))}.{random.randrange(100):02d}'
    number = random.choice([0.5, -3.25, 1e21, 7.0, 1 / 3, random.random()])
    wide = random.choice([0, 2**53 + 1, -(2**63), 2**63 - 1, random.getrandbits(40)])
    raw = random.randbytes(random.randrange(20))
    return {
        '_id': ObjectId(random.randbytes(12)),
        'text': TEXTS[i % len(TEXTS)],
        'count': random.randrange(-(2**31), 2**31),
        'wide': Int64(wide),
        'number': number,
        'amount': Decimal128(digits),
        'flag': i % 2 == 0,
        'none': None,
        'at': EPOCH + datetime.timedelta(milliseconds=at_ms),
        'raw': Binary(raw, 0),
        'uid': Binary.from_uuid(uuid.UUID(bytes=random.randbytes(16))),
        'buyer': {'country': 'PT', 'since': EPOCH, 'tags': ['a', Int64(5), {'deep': ObjectId(random.randbytes(12))}]},
        'items': [{'price': Decimal128('1.50'), 'n': Int64(n)} for n in range(i % 3)],
        'code': Code('f()'),
        'like': Regex('^a', 'i'),
        'ts': Timestamp(7, 1),
        '$odd': 'x',
    }


def values(of):
    """What the columns are: instants in ms, bytes in base64, integers of 64 bits and decimals as text."""
    import base64

    return {
        '_id': str(of['_id']),
        'text': of['text'],
        'count': of['count'],
        'wide': str(of['wide']),
        'number': of['number'],
        'amount': float(str(of['amount'])),
        'flag': int(of['flag']),
        'none': None,
        'at': round((of['at'] - EPOCH).total_seconds() * 1000),
        'raw': base64.b64encode(bytes(of['raw'])).decode(),
        'buyer.country': 'PT',
        'buyer.since': 0,
        'buyer.tags.2.deep': str(of['buyer']['tags'][2]['deep']),
        'items.length': len(of['items']),
        'items.0.price': 150 if of['items'] else None,
    }


found = [document(i) for i in range(24)]
print(
    json.dumps(
        [{'values': values(one), **{mode: dumps(one, json_options=options) for mode, options in MODES.items()}} for one in found],
        indent=1,
    )
)
