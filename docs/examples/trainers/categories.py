"""The code that stands for a category in the files of a training, as Millrace computes it: `python3 categories.py sedan van`.

Millrace logs codes, not texts. To have texts in a program, compute the codes of those that you know.
"""

import sys


def category_code(text):
    """The low 24 bits of murmur2 of the UTF-8 bytes, by which Kafka's Java client places keys."""
    data, mask, m = text.encode(), 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0xFFFFFF


if __name__ == "__main__":
    for text in sys.argv[1:]:
        print(category_code(text), text)
