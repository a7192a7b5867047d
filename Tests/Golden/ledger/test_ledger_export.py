# SPDX-License-Identifier: Apache-2.0
"""Verifies an exported ledger with Python's own means: hashlib and the Ed25519 of `cryptography`.

Checks the committed sample, and also the folder that DHOW_LEDGER_EXPORT names (with a file `key` in it, or DHOW_LEDGER_KEY).
Run: python -m pytest Tests/Golden/ledger
"""

import base64
import hashlib
import json
import os
import pathlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SAMPLE = pathlib.Path(__file__).parent / "sample"


def folders():
    yield SAMPLE
    if path := os.environ.get("DHOW_LEDGER_EXPORT"):
        yield pathlib.Path(path)


@pytest.fixture(params=list(folders()), ids=str)
def folder(request):
    return request.param


def leaf(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes):
    """RFC 6962 section 2.1, from the leaves' hashes."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node(root(hashes[:split]), root(hashes[split:]))


def verifier_key(folder):
    text = os.environ.get("DHOW_LEDGER_KEY") if folder != SAMPLE else None
    name, key_id, encoded = (text or (folder / "key").read_text()).strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    assert key[0] == 1 and len(key) == 33
    assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_id
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(key[1:])


def checkpoint(note, folder):
    """Origin, size and root of a note that the ledger's key has signed."""
    name, key_id, key = verifier_key(folder)
    text, signatures = note[: note.rindex("\n\n") + 1], note[note.rindex("\n\n") + 2 :].splitlines()
    own = [line.split(" ")[2] for line in signatures if line.startswith(f"\u2014 {name} ")]
    blobs = [blob for blob in map(base64.b64decode, own) if blob[:4] == key_id]
    assert len(blobs) == 1
    key.verify(blobs[0][4:], text.encode())
    origin, size, encoded = text.splitlines()
    assert origin == name
    return int(size), base64.b64decode(encoded, validate=True)


def path(index, width):
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return name if width == 256 else f"{name}.p/{width}"


def entries(folder, size):
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        data = (folder / "tile/entries" / path(index, width)).read_bytes()
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            yield data[2 : 2 + length]
            assert len(data) >= 2 + length
            data = data[2 + length :]
        assert not data


def test_entries_give_the_signed_root(folder):
    size, expected = checkpoint((folder / "checkpoint").read_text(), folder)
    assert root([leaf(entry) for entry in entries(folder, size)]) == expected


def test_tiles_hold_the_hashes_of_the_tree(folder):
    size, _ = checkpoint((folder / "checkpoint").read_text(), folder)
    row, level = [leaf(entry) for entry in entries(folder, size)], 0
    while row:
        for index in range((len(row) + 255) // 256):
            tile = row[index * 256 : index * 256 + 256]
            assert (folder / f"tile/{level}" / path(index, len(tile))).read_bytes() == b"".join(tile)
        row = [root(row[i : i + 256]) for i in range(0, len(row) - 255, 256)]
        level += 1


def test_entries_are_canonical_json(folder):
    size, _ = checkpoint((folder / "checkpoint").read_text(), folder)
    seen = set()
    for entry in entries(folder, size):
        value = json.loads(entry, parse_float=lambda text: pytest.fail(f"float {text}"))
        # Python sorts by code point, which is UTF-16 order for keys below U+E000; ours are ASCII.
        assert json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == entry
        assert value["v"] == 1 and value["outcome"] in ("done", "denied", "failed")
        assert value["id"] not in seen
        seen.add(value["id"])


def test_receipts_prove_their_entries(folder):
    for receipt in folder.glob("*.tlog-proof"):
        head, note = receipt.read_text().split("\n\n", 1)
        lines = head.splitlines()
        assert lines[0] == "c2sp.org/tlog-proof@v1"
        entry = base64.b64decode(lines[1].removeprefix("extra "), validate=True)
        index = int(lines[2].removeprefix("index "))
        size, expected = checkpoint(note, folder)
        # RFC 9162 section 2.1.3.2.
        place, last, value = index, size - 1, leaf(entry)
        for line in lines[3:]:
            sibling = base64.b64decode(line, validate=True)
            assert last > 0
            if place % 2 or place == last:
                value = node(sibling, value)
                while place % 2 == 0 and place:
                    place, last = place >> 1, last >> 1
            else:
                value = node(value, sibling)
            place, last = place >> 1, last >> 1
        assert last == 0 and value == expected


def test_a_changed_checkpoint_does_not_verify(folder):
    note = (folder / "checkpoint").read_text()
    origin, size, rest = note.split("\n", 2)
    with pytest.raises(InvalidSignature):
        checkpoint(f"{origin}\n{int(size) + 1}\n{rest}", folder)
