# SPDX-License-Identifier: Apache-2.0
"""Reads and writes key files and blob files as docs/blob-format.md describes them; needs the package `cryptography`."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEGMENT = 65536
TAG = 16


class Damage(Exception):
    """The bytes are no intact blob."""


def hkdf(key: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


@dataclass
class KeyFile:
    keys: dict[str, bytes]
    current: str
    seed: bytes

    @classmethod
    def parse(cls, text: str) -> "KeyFile":
        document = json.loads(text)
        assert document["format"] == "dhow-keys-1"
        keys = {key["id"]: base64.b64decode(key["key"]) for key in document["keys"]}
        return cls(keys, document["current"], base64.b64decode(document["seed"]))

    def secret(self, purpose: str) -> bytes:
        return hkdf(self.seed, None, b"dhow.purpose.v1:" + purpose.encode())

    def wrap(self, data_key: bytes, context: bytes, nonce: bytes) -> bytes:
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, data_key, associated_data(context, self.current))
        return b"\x01" + nonce + sealed

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        if wrapped[0] != 1:
            raise Damage("unknown wrapping")
        return AESGCM(self.keys[key_id]).decrypt(wrapped[1:13], wrapped[13:], associated_data(context, key_id))

    def blob_name(self, digest: bytes) -> str:
        return hmac.new(self.secret("blob.names"), digest, hashlib.sha256).hexdigest()

    def store_check(self) -> str:
        return hmac.new(self.secret("blob.names"), b"dhow.blob.store.check", hashlib.sha256).hexdigest()


def associated_data(context: bytes, key_id: str) -> bytes:
    return b"dhow.key.v1" + len(context).to_bytes(4, "big") + context + key_id.encode()


def header(salt: bytes, prefix: bytes) -> bytes:
    return b"DHOWBLOB" + bytes([1, 1, 16, 0]) + salt + prefix + bytes(13)


def slot(sequence: int, key_id: str, wrapped: bytes) -> bytes:
    page = b"DHOWSLOT" + sequence.to_bytes(8, "big")
    page += len(key_id).to_bytes(2, "big") + key_id.encode() + len(wrapped).to_bytes(2, "big") + wrapped
    page = page.ljust(4064, b"\0")
    return page + hashlib.sha256(page).digest()


def parse_slot(page: bytes) -> tuple[int, str, bytes] | None:
    if page[:8] != b"DHOWSLOT" or hashlib.sha256(page[:4064]).digest() != page[4064:]:
        return None
    id_end = 18 + int.from_bytes(page[16:18], "big")
    wrapped_end = id_end + 2 + int.from_bytes(page[id_end : id_end + 2], "big")
    return int.from_bytes(page[8:16], "big"), page[18:id_end].decode(), page[id_end + 2 : wrapped_end]


def nonce(prefix: bytes, index: int, last: bool) -> bytes:
    return prefix + index.to_bytes(4, "big") + bytes([last])


def seal(plaintext: bytes, keys: KeyFile, *, data_key: bytes, salt: bytes, prefix: bytes, wrap_nonce: bytes, time: int) -> bytes:
    head = header(salt, prefix)
    bound = hashlib.sha256(head).digest()
    manifest = hashlib.sha256(plaintext).digest() + len(plaintext).to_bytes(8, "big") + time.to_bytes(8, "big")
    sealed = AESGCM(hkdf(data_key, salt, b"dhow.blob.v1.manifest" + bound)).encrypt(bytes(12), manifest, None)
    wrapped = keys.wrap(data_key, b"dhow.blob.v1.key" + bound, wrap_nonce)
    file = (head + sealed).ljust(4096, b"\0") + slot(1, keys.current, wrapped) + bytes(4096)
    cipher = AESGCM(hkdf(data_key, salt, b"dhow.blob.v1.segments" + bound))
    pieces = [plaintext[start : start + SEGMENT] for start in range(0, len(plaintext), SEGMENT)] or [b""]
    for index, piece in enumerate(pieces):
        file += cipher.encrypt(nonce(prefix, index, index == len(pieces) - 1), piece, None)
    return file


def unseal(file: bytes, keys: KeyFile) -> tuple[bytes, int]:
    """The plaintext and the time of the put."""
    head = file[:64]
    salt, prefix = head[12:44], head[44:51]
    if head != header(salt, prefix) or any(file[128:4096]):
        raise Damage("header")
    bound = hashlib.sha256(head).digest()
    slots = sorted(filter(None, (parse_slot(file[4096:8192]), parse_slot(file[8192:12288]))), reverse=True)
    if not slots:
        raise Damage("no key slot")
    _, key_id, wrapped = slots[0]
    data_key = keys.unwrap(key_id, wrapped, b"dhow.blob.v1.key" + bound)
    manifest = AESGCM(hkdf(data_key, salt, b"dhow.blob.v1.manifest" + bound)).decrypt(bytes(12), file[64:128], None)
    digest, size, time = manifest[:32], int.from_bytes(manifest[32:40], "big"), int.from_bytes(manifest[40:48], "big")
    count = max(1, -(-size // SEGMENT))
    if len(file) != 12288 + size + TAG * count:
        raise Damage("length")
    cipher = AESGCM(hkdf(data_key, salt, b"dhow.blob.v1.segments" + bound))
    plaintext = b""
    for index in range(count):
        start = 12288 + index * (SEGMENT + TAG)
        plaintext += cipher.decrypt(nonce(prefix, index, index == count - 1), file[start : start + SEGMENT + TAG], None)
    if hashlib.sha256(plaintext).digest() != digest:
        raise Damage("digest")
    return plaintext, time


def unseal_store(folder: Path, keys: KeyFile) -> dict[str, bytes]:
    """All blobs of a store by hexadecimal digest; names and marker are checked."""
    assert json.loads((folder / "store.json").read_text()) == {"format": "dhow-blobs-1", "check": keys.store_check()}
    blobs = {}
    for path in sorted((folder / "blobs").glob("*/*/*")):
        plaintext, _ = unseal(path.read_bytes(), keys)
        digest = hashlib.sha256(plaintext).digest()
        assert path.name == keys.blob_name(digest)
        assert path.parts[-3:-1] == (path.name[:2], path.name[2:4])
        blobs[digest.hex()] = plaintext
    return blobs
