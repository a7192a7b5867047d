# SPDX-License-Identifier: Apache-2.0
"""Reads an export by its documentation alone (docs/export-format.md), with nothing of Dhow's."""

import hashlib
import json
import pathlib
import struct

KINDS = ["experiments", "logged-models", "runs", "metrics", "artifacts", "models", "versions", "blobs"]


class Export:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.manifest = json.loads((self.folder / "manifest.json").read_text())
        assert (self.manifest["format"], self.manifest["version"]) == ("dhow-export", 1)

    def lines(self, kind):
        """Things of a kind, in the order of the manifest."""
        for file in self.manifest["files"]:
            if file["kind"] == kind:
                with open(self.folder / file["path"], encoding="utf-8") as lines:
                    for line in lines:
                        yield json.loads(line)

    def blob(self, digest):
        algorithm, digits = digest.split(":")
        data = (self.folder / "blobs" / digits[:2] / digits).read_bytes()
        assert hashlib.new(algorithm, data).hexdigest() == digits
        return data

    def check(self):
        """Every file is what the manifest says, nothing else is there, and all bytes have their digests."""
        known = {"manifest.json"}
        for file in self.manifest["files"]:
            data = (self.folder / file["path"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == file["sha256"], file["path"]
            assert len(data) == file["bytes"]
            assert data.count(b"\n") == file["lines"]
            known.add(file["path"])
        for blob in self.lines("blobs"):
            assert len(self.blob(blob["digest"])) == blob["size"]
            digits = blob["digest"].split(":")[1]
            known.add(f"blobs/{digits[:2]}/{digits}")
        found = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}
        assert found == known
        assert self.contents() == self.manifest["contents"]

    def contents(self):
        """Counts and digests recomputed from the lines."""
        sums = {}

        def add(kind, *fields):
            line = b"".join(b"%d:%s" % (len(field), field) for field in (str(f).encode() for f in fields))
            count, total = sums.get(kind, (0, 0))
            number = int.from_bytes(hashlib.sha256(line).digest(), "little")
            sums[kind] = (count + 1, (total + number) % (1 << 256))

        def add_pairs(kind, owner, pairs):
            for pair in pairs:
                add(kind, owner, pair["key"], pair["value"])

        def or_empty(record, name):
            value = record.get(name)
            return "" if value is None else value

        for item in self.lines("experiments"):
            add("experiments", item["name"], item["lifecycle"])
            add_pairs("tags", f"experiment/{item['name']}", item["tags"])
        for item in self.lines("logged-models"):
            add("loggedModels", item["id"], item["name"], item["status"], item["lifecycle"])
            add_pairs("params", item["id"], item["params"])
            add_pairs("tags", item["id"], item["tags"])
        for item in self.lines("runs"):
            fields = [item[name] for name in ("id", "name", "author", "status", "lifecycle", "started")]
            add("runs", *fields, or_empty(item, "ended"))
            add_pairs("params", item["id"], item["params"])
            add_pairs("tags", item["id"], item["tags"])
            for used in item["inputs"]:
                add("inputs", item["id"], used["name"], used["digest"], or_empty(used, "context"))
        for item in self.lines("metrics"):
            value = item["value"]
            bits = "nan" if value is None else struct.unpack("<Q", struct.pack("<d", value or 0.0))[0]
            add("metrics", item["run"], item["key"], item["step"], item["time"], bits)
        for item in self.lines("artifacts"):
            add("artifacts", item.get("run") or item.get("loggedModel"), item["path"], item["digest"])
        for item in self.lines("models"):
            add("models", item["name"], or_empty(item, "description"))
            add_pairs("tags", f"model/{item['name']}", item["tags"])
            for alias in item["aliases"]:
                add("aliases", item["name"], alias["alias"], alias["version"])
        for item in self.lines("versions"):
            fields = [item["model"], item["version"], item["environment"]]
            add("versions", *fields, or_empty(item, "run"), or_empty(item, "description"))
            add_pairs("tags", f"model/{item['model']}/{item['version']}", item["tags"])
        for item in self.lines("blobs"):
            add("blobs", item["digest"], item["size"])
        return {kind: {"count": count, "digest": f"{total:064x}"} for kind, (count, total) in sums.items()}
