"""Hashes and sealed bytes of sensitive columns by Python's hmac and cryptography: python3 sensitive.py > sensitive.json."""
import base64, hashlib, hmac, json
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

def digest(text): return hashlib.sha256(text.encode()).digest()
def mac(key, data): return hmac.new(key, data, hashlib.sha256).digest()

def hashed(key, value):
    key_id = hashlib.sha256(b"millrace key id" + key).digest()[:4].hex()
    return f"{key_id}:" + base64.urlsafe_b64encode(mac(key, value.encode())).decode().rstrip("=")

def sealed(key_id, key, plain, context, place):
    nonce = mac(mac(key, b"millrace nonce"), f"{context}\n{place}\n".encode() + plain)[:12]
    return b"MRS1" + key_id + nonce + AESGCM(key).encrypt(nonce, plain, context.encode())

values = ["4111111111111111", "", "Zoë", "名前", "a" * 300]
key, key_id = digest("a data key"), digest("an id")[:16]
context = "payments\npayments\ncolumn email"
print(json.dumps({
    "hashKey": digest("a hash key").hex(),
    "dataKey": key.hex(),
    "dataKeyId": key_id.hex(),
    "context": context,
    "values": [{
        "value": value,
        "hash": hashed(digest("a hash key"), value),
        "place": f"0-{i}",
        "sealed": sealed(key_id, key, value.encode(), context, f"0-{i}").hex(),
    } for i, value in enumerate(values)],
}, indent=2, ensure_ascii=False))
