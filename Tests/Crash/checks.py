# SPDX-License-Identifier: Apache-2.0
"""Holds a restarted server to a journal."""

import collections
import hashlib
import time
import urllib.parse

from installation import Refused
from journal import possible_contents
from writers import API, ARTIFACTS, PARAMS, STEPS, TAGS

#: How long a restarted server may take to number what its predecessor committed.
NUMBERING_SECONDS = 30


class Findings:
    """What is not as it must be: lost (acknowledged and not there), torn (there in part, or wrongly), or otherwise wrong."""

    def __init__(self):
        self.lost, self.torn, self.wrong = [], [], []

    def __bool__(self):
        return bool(self.lost or self.torn or self.wrong)

    def lines(self):
        for kind, found in (
            ("LOST", self.lost),
            ("TORN", self.torn),
            ("WRONG", self.wrong),
        ):
            yield from (f"{kind} {line}" for line in found)


class Check:
    """All checks of one cycle's journal over one session with the restarted server."""

    def __init__(self, session, journal, model):
        self.session = session
        self.journal = journal
        self.model = model
        self.findings = Findings()

    def all(self):
        self.experiments()
        self.runs()
        self.batches()
        self.versions()
        self.aliases()
        self.artifacts()
        self.blobs()
        return self.findings

    def experiments(self):
        for write in self.journal.of("experiment"):
            found = self._find("experiments/get-by-name", experiment_name=write.target)
            if found is None and write.is_acknowledged:
                self.findings.lost.append(f"experiment {write.target}")
            elif (
                write.is_acknowledged
                and found["experiment"]["experiment_id"]
                != write.answer["experiment_id"]
            ):
                self.findings.wrong.append(f"experiment {write.target} has another id")

    def runs(self):
        for write in self.journal.of("run"):
            if not write.is_acknowledged:
                continue
            identifier = write.answer["run"]["info"]["run_id"]
            found = self._find("runs/get", run_id=identifier)
            if found is None:
                self.findings.lost.append(f"run {identifier}")
            elif (
                found["run"]["info"]["run_name"] != write.target
                or found["run"]["info"]["experiment_id"] != write.content
            ):
                self.findings.torn.append(f"run {identifier}: {found['run']['info']}")
            if not self._is_in_ledger(f"run/{identifier}", "run.created"):
                self.findings.lost.append(f"the ledger's entry of run {identifier}")

    def batches(self):
        """A batch is there as a whole or not at all; one that was acknowledged is there."""
        by_run = collections.defaultdict(list)
        for write in self.journal.of("batch"):
            by_run[write.target].append(write)
        for run, writes in by_run.items():
            data = self._find("runs/get", run_id=run)["run"].get("data", {})
            params = {param["key"]: param["value"] for param in data.get("params", [])}
            tags = {tag["key"]: tag["value"] for tag in data.get("tags", [])}
            for write in writes:
                batch, body = write.content
                points = self._find(
                    "metrics/get-history",
                    run_id=run,
                    metric_key=batch,
                    max_results=1000,
                ).get("metrics", [])
                there = (
                    {(point["step"], point["value"]) for point in points},
                    {
                        (key, value)
                        for key, value in params.items()
                        if key.startswith(batch + "/")
                    },
                    {
                        (key, value)
                        for key, value in tags.items()
                        if key.startswith(batch + "/")
                    },
                )
                whole = (
                    {(point["step"], point["value"]) for point in body["metrics"]},
                    {(param["key"], param["value"]) for param in body["params"]},
                    {(tag["key"], tag["value"]) for tag in body["tags"]},
                )
                if there == whole and len(points) == STEPS:
                    continue
                counts = f"{len(points)} of {STEPS} points, {len(there[1])} of {PARAMS} params, {len(there[2])} of {TAGS} tags"
                if any(there):
                    self.findings.torn.append(f"batch {batch} of run {run}: {counts}")
                elif write.is_acknowledged:
                    self.findings.lost.append(f"batch {batch} of run {run}")

    def versions(self):
        """Numbers 1 … n, each acknowledged one under its number; repeating what was in flight makes each version once."""
        writes = self.journal.of("version")
        for write in writes:
            if not write.is_acknowledged:
                tags = [{"key": "mark", "value": write.content}]
                body = {
                    "name": self.model,
                    "source": "s3://elsewhere/model",
                    "tags": tags,
                }
                self.session.call(
                    "POST",
                    API + "model-versions/create",
                    body,
                    {"Idempotency-Key": write.content},
                )
        found = {}
        token = ""
        while token is not None:
            query = {
                "filter": f"name='{self.model}'",
                "max_results": 1000,
                "page_token": token,
            }
            page = self._find("model-versions/search", **query)
            for version in page.get("model_versions", []):
                found[int(version["version"])] = version["tags"][0]["value"]
            token = page.get("next_page_token") or None
        if sorted(found) != list(range(1, len(found) + 1)):
            self.findings.wrong.append(
                f"versions of {self.model} have gaps: {sorted(found)}"
            )
        if sorted(found.values()) != sorted(
            ["seed", *(write.content for write in writes)]
        ):
            self.findings.wrong.append(
                f"versions of {self.model} are not each there once: {found}"
            )
        for write in writes:
            if write.is_acknowledged:
                number = int(write.answer["model_version"]["version"])
                if found.get(number) != write.content:
                    self.findings.lost.append(
                        f"version {number} of {self.model}, which shows {found.get(number)}"
                    )

    def aliases(self):
        model = self._find("registered-models/get", name=self.model)["registered_model"]
        there = {
            alias["alias"]: str(alias["version"]) for alias in model.get("aliases", [])
        }
        for alias, writes in self._by_target("alias").items():
            possible = possible_contents(writes)
            if there.get(alias) not in possible:
                self.findings.lost.append(
                    f"alias {alias} of {self.model} is {there.get(alias)}, not one of {set(possible)}"
                )

    def artifacts(self):
        for path, writes in self._by_target("artifact").items():
            try:
                digest = hashlib.sha256(
                    self.session.call("GET", ARTIFACTS + path)
                ).hexdigest()
            except Refused as refusal:
                digest = None if refusal.status == 404 else str(refusal)
            if digest in possible_contents(writes):
                continue
            written = digest in [write.content for write in writes]
            (
                self.findings.lost if digest is None or written else self.findings.torn
            ).append(f"artifact {path}: {digest}")

    def blobs(self):
        """The bytes that were put are there and whole: recorded as a snapshot, they are read, and their rows counted."""
        for write in self.journal.of("blob"):
            if not write.is_acknowledged:
                continue
            if write.answer["digest"].removeprefix("sha256:") != write.target:
                self.findings.torn.append(
                    f"blob {write.target} was stored as {write.answer['digest']}"
                )
            body = {"files": [{"name": "table.csv", "digest": write.answer["digest"]}]}
            try:
                snapshot = self.session.json(
                    "POST", f"/api/v1/datasets/blob-{write.target[:40]}/snapshots", body
                )
            except Refused as refusal:
                (
                    self.findings.lost if refusal.status == 404 else self.findings.torn
                ).append(f"blob {write.target}: {refusal}")
                continue
            if snapshot["rows"] != write.content:
                self.findings.torn.append(
                    f"blob {write.target} has {snapshot['rows']} rows in place of {write.content}"
                )

    def _by_target(self, kind):
        writes = collections.defaultdict(list)
        for write in self.journal.of(kind):
            writes[write.target].append(write)
        return writes

    def _is_in_ledger(self, resource, verb):
        """Entries are listed once they are numbered, which a restarted server does beside answering."""
        query = urllib.parse.urlencode({"resource": resource, "verb": verb})
        deadline = time.monotonic() + NUMBERING_SECONDS
        while not self.session.json("GET", f"/api/v1/ledger/entries?{query}")["items"]:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _find(self, call, **query):
        """The answer of a reading call; None when there is no such thing."""
        try:
            return self.session.json(
                "GET", f"{API}{call}?{urllib.parse.urlencode(query)}"
            )
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return None
