# SPDX-License-Identifier: Apache-2.0
"""Opens the committed vectors, and the store in swift-store/ that the Swift program wrote, with blob_format.py.

Run with the packages pytest and cryptography: `pytest Tests/Golden/blobs`. With DHOW_BLOB_STORE and DHOW_KEY_FILE set, it also opens that store.
"""

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest
from blob_format import Damage, KeyFile, seal, unseal, unseal_store
from cryptography.exceptions import InvalidTag
from make_vectors import plaintext

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "vectors.json").read_text())
KEYS = KeyFile.parse(json.dumps(VECTORS["key_file"]))
WHOLE = [blob for blob in VECTORS["blobs"] if "file" in blob]


def test_hkdf_agrees_with_rfc_5869() -> None:
    expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    assert VECTORS["hkdf_rfc5869_case_1_first_32"] == expected


@pytest.mark.parametrize("blob", WHOLE, ids=lambda blob: str(blob["size"]))
def test_a_committed_file_opens(blob: dict) -> None:
    data, time = unseal(base64.b64decode(blob["file"]), KEYS)
    assert data == plaintext(blob["size"])
    assert time == blob["time"]
    assert KEYS.blob_name(hashlib.sha256(data).digest()) == blob["name"]


@pytest.mark.parametrize("blob", VECTORS["blobs"], ids=lambda blob: str(blob["size"]))
def test_the_same_inputs_make_the_same_file(blob: dict) -> None:
    keys = KeyFile(KEYS.keys, blob["wrapped_under"], KEYS.seed)
    parts = {name: bytes.fromhex(blob[name]) for name in ("data_key", "salt", "prefix", "wrap_nonce")}
    file = seal(plaintext(blob["size"]), keys, time=blob["time"], **parts)
    assert hashlib.sha256(file).hexdigest() == blob["file_sha256"]


@pytest.mark.parametrize("offset", [0, 9, 12, 44, 60, 64, 127, 200, 4100, 4200, 8191, 12288, -1])
def test_a_changed_byte_fails(offset: int) -> None:
    file = bytearray(base64.b64decode(WHOLE[-1]["file"]))
    file[offset] ^= 1
    with pytest.raises((Damage, InvalidTag)):
        unseal(bytes(file), KEYS)


def test_the_store_written_by_swift_opens() -> None:
    keys = KeyFile.parse((HERE / "swift-store" / "keys.json").read_text())
    blobs = unseal_store(HERE / "swift-store", keys)
    assert sorted(map(len, blobs.values())) == [0, 1, 65537]
    assert all(data == plaintext(len(data)) for data in blobs.values())


@pytest.mark.skipif("DHOW_BLOB_STORE" not in os.environ, reason="DHOW_BLOB_STORE and DHOW_KEY_FILE name no store")
def test_a_given_store_opens() -> None:
    keys = KeyFile.parse(Path(os.environ["DHOW_KEY_FILE"]).read_text())
    assert unseal_store(Path(os.environ["DHOW_BLOB_STORE"]), keys)
