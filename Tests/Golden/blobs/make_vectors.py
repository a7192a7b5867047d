# SPDX-License-Identifier: Apache-2.0
"""Writes vectors.json: fixed keys, salts and nonces, and the files that blob_format.py makes of them."""

import base64
import hashlib
import json
from pathlib import Path

import cryptography
from blob_format import KeyFile, hkdf, seal

TIME = 1_700_000_000_123
#: Whole files are kept for these sizes, the SHA-256 of the file for the others.
WHOLE = {0, 1, 65537}
SIZES = [0, 1, 65535, 65536, 65537, 131072, 200000]


def fixed(label: str, count: int) -> bytes:
    return hashlib.sha256(label.encode()).digest()[:count]


def plaintext(size: int) -> bytes:
    """Byte i is the low byte of i * 31 + i // 256 * 7."""
    return bytes((i * 31 + i // 256 * 7) & 255 for i in range(size))


def main() -> None:
    key_file = {
        "format": "dhow-keys-1",
        "current": "k-two",
        "keys": [
            {"id": "k-one", "created": 1_600_000_000_000, "key": base64.b64encode(fixed("kek one", 32)).decode()},
            {"id": "k-two", "created": 1_650_000_000_000, "key": base64.b64encode(fixed("kek two", 32)).decode()},
        ],
        "seed": base64.b64encode(fixed("seed", 32)).decode(),
    }
    keys = KeyFile.parse(json.dumps(key_file))
    older = KeyFile(keys.keys, "k-one", keys.seed)
    blobs = []
    for size in SIZES:
        data = plaintext(size)
        parts = {
            "data_key": fixed(f"data key {size}", 32),
            "salt": fixed(f"salt {size}", 32),
            "prefix": fixed(f"prefix {size}", 7),
            "wrap_nonce": fixed(f"wrap nonce {size}", 12),
        }
        file = seal(data, older if size == 1 else keys, time=TIME, **parts)
        blob = {name: value.hex() for name, value in parts.items()}
        blob |= {"size": size, "time": TIME, "digest": hashlib.sha256(data).hexdigest(), "wrapped_under": "k-one" if size == 1 else "k-two"}
        blob |= {"name": keys.blob_name(hashlib.sha256(data).digest()), "file_sha256": hashlib.sha256(file).hexdigest()}
        if size in WHOLE:
            blob["file"] = base64.b64encode(file).decode()
        blobs.append(blob)
    context = b"a context"
    document = {
        "source": f"make_vectors.py with the PyPI package cryptography {cryptography.__version__}",
        "key_file": key_file,
        "store_check": keys.store_check(),
        "secrets": {purpose: keys.secret(purpose).hex() for purpose in ["blob.names", "tokens", ""]},
        "wrapping": {
            "key_id": "k-two",
            "context": context.hex(),
            "data_key": fixed("wrapped", 32).hex(),
            "wrapped": keys.wrap(fixed("wrapped", 32), context, fixed("nonce", 12)).hex(),
        },
        "hkdf_rfc5869_case_1_first_32": hkdf(bytes([11] * 22), bytes(range(13)), bytes(range(0xF0, 0xFA))).hex(),
        "blobs": blobs,
    }
    Path(__file__).with_name("vectors.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
