"""Writes murmur3.json: MurmurHash3_x86_32 of strings by mmh3 5 (pip install mmh3), whose code is Austin Appleby's."""

import json
from pathlib import Path

import mmh3

STRINGS = ["", "a", "ab", "abc", "abcd", "card-1", "Zürich", "日本語テキスト", "🙂🙃", "\u0000\u007f\u0080", "x" * 1000]

vectors = [{"string": s, "murmur3": mmh3.hash(s, 0, signed=False)} for s in STRINGS]
Path(__file__).with_name("murmur3.json").write_text(json.dumps(vectors, indent=2, ensure_ascii=False) + "\n")
