# SPDX-License-Identifier: Apache-2.0
"""Models to and from an OCI registry: Debian's, with the unmodified `oras` client on the other side, and with faults between."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import uuid

import oras.client
import pytest
from registries import DebianRegistry, Wire

# Three pieces of an upload.
SIZE = 17_000_000
PIPELINE = """
apiVersion: dhow/v1
kind: Pipeline
metadata: {name: train}
spec:
  steps:
    - name: fit
      command: [sh, fit.sh]
      source: [fit.sh]
      outputs:
        model: {path: out, type: model}
        large: {path: large, type: model}
        metrics: {path: metrics.json}
    - name: register
      kind: register
      with: {model: churn, artifact: {step: fit, output: model}}
    - name: register-large
      kind: register
      with: {model: large, artifact: {step: fit, output: large}}
    - name: gate
      kind: gate
      with:
        gate: sound
        model: churn
        version: {step: register, output: version}
        metrics: {step: fit, output: metrics}
        checks: [{name: floor, threshold: {metric: auc, comparison: above, value: 0.5}}]
"""
FIT = f"""
mkdir -p out/data large
head -c 100000 /dev/urandom > out/data/model.bin
head -c {SIZE} /dev/urandom > large/model.bin
echo hello > out/README.md
: > out/empty
echo '{{"auc": 0.9}}' > metrics.json
"""
MODEL = "application/vnd.cncf.model.manifest.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@pytest.fixture(scope="module")
def dhow(module_dhow):
    """In a workspace with version 1 of the model churn, which a pipeline made and a gate judged, and of another with one large file."""
    module_dhow.write("p/pipeline.yaml", PIPELINE)
    module_dhow.write("p/fit.sh", FIT)
    module_dhow("pipeline", "apply", "p")
    module_dhow("execution", "start", "train", "--watch")
    return module_dhow


def files(dhow, model="churn", version="1"):
    return {file["path"]: file["digest"] for file in dhow.json("version", "show", model, version)["files"]}


def versions(dhow, model):
    return dhow.json("version", "list", model)


def ledger(dhow, verb):
    items = json.loads(dhow.get("ledger/entries?limit=1000"))["items"]
    return [item for item in items if item["verb"] == verb]


def problem(dhow, *arguments, status):
    return dhow("model", *arguments, status=status).stderr


def client(authority):
    return oras.client.OrasClient(hostname=authority, insecure=True)


def test_oras_pulls_what_was_pushed(dhow, registry, tmp_path):
    place = f"{registry.authority}/models/churn:1"
    pushed = dhow.json("model", "push", "churn@1", f"oci://{place}")
    assert (pushed["files"], pushed["kept"]) == (3, 0)
    pulled = client(registry.authority).pull(target=place, outdir=str(tmp_path))
    found = {os.path.relpath(path, tmp_path): hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() for path in pulled}
    assert {path: f"sha256:{digest}" for path, digest in found.items()} == files(dhow)
    manifest = client(registry.authority).get_manifest(place)
    assert manifest["artifactType"] == MODEL
    assert {layer["annotations"]["org.cncf.model.filepath"]: layer["digest"] for layer in manifest["layers"]} == files(dhow)
    events = ledger(dhow, "model.pushed")
    assert [event["payload"]["manifest"] for event in events] == [pushed["digest"]]


def test_a_second_push_sends_nothing_and_is_the_same(dhow, registry):
    place = f"oci://{registry.authority}/models/twice:a"
    first = dhow.json("model", "push", "churn", place)
    second = dhow.json("model", "push", "churn", place)
    assert second["kept"] == 3
    assert (first["digest"], first["attached"]) == (second["digest"], second["attached"])


def test_signature_provenance_and_gate_report_are_attached(dhow, registry):
    """Debian's registry lists no referrers, so they stand under the tag that the specification names for such."""
    pushed = dhow.json("model", "push", "churn", f"oci://{registry.authority}/models/attached")
    status, body = registry.ask("GET", f"models/attached/manifests/{pushed['digest'].replace(':', '-')}", "application/vnd.oci.image.index.v1+json")
    assert status == 200
    kinds = {}
    for item in json.loads(body)["manifests"]:
        assert item["artifactType"] == BUNDLE
        _, text = registry.ask("GET", f"models/attached/manifests/{item['digest']}", item["mediaType"])
        manifest = json.loads(text)
        assert manifest["subject"]["digest"] == pushed["digest"]
        _, bundle = registry.ask("GET", f"models/attached/blobs/{manifest['layers'][0]['digest']}")
        statement = json.loads(base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"]))
        kinds[statement["predicateType"]] = statement
    assert set(kinds) == {"urn:dhow:model-version:v1", "https://slsa.dev/provenance/v1", "urn:dhow:gate-report:v1"}
    assert kinds["urn:dhow:model-version:v1"]["subject"][0]["digest"]["sha256"] == pushed["digest"].removeprefix("sha256:")
    assert kinds["urn:dhow:gate-report:v1"]["predicate"]["outcome"] == "passed"


def test_a_pull_is_the_next_version_with_its_source(dhow, registry):
    place = f"oci://{registry.authority}/models/round:1"
    pushed = dhow.json("model", "push", "churn", place)
    pulled = dhow.json("model", "pull", place, "--name", "again", "--require-signature")
    assert (pulled["model"], pulled["version"]) == ("again", 1)
    assert pulled["reference"].endswith(f"@{pushed['digest']}")
    assert len(pulled["attached"]) == 3 and all(item["key"] == pulled["signedBy"] for item in pulled["attached"])
    assert files(dhow, "again") == files(dhow)
    assert dhow.json("version", "show", "again", "1")["source"] == pulled["reference"]
    assert dhow.json("version", "provenance", "again", "1") == dhow.json("version", "provenance", "churn", "1")
    assert ledger(dhow, "model.pulled")[-1]["payload"]["from"] == pulled["reference"]
    assert dhow.json("model", "pull", place, "--name", "again")["version"] == 2


def test_pulls_what_oras_pushed(dhow, registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.onnx").write_bytes(os.urandom(70_000))
    (tmp_path / "notes.md").write_text("notes\n")
    place = f"{registry.authority}/others/theirs:v2"
    client(registry.authority).push(target=place, files=["model.onnx:application/octet-stream", "notes.md"])
    pulled = dhow.json("model", "pull", f"oci://{place}")
    assert (pulled["model"], pulled["version"], pulled.get("signedBy"), pulled["attached"]) == ("theirs", 1, None, [])
    expected = {name: f"sha256:{hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}" for name in ("model.onnx", "notes.md")}
    assert files(dhow, "theirs") == expected
    assert "signed by no key" in problem(dhow, "pull", f"oci://{place}", "--require-signature", status=10)


def test_an_upload_goes_on_after_the_wire_was_cut(dhow, registry, start):
    """Between two pieces: the registry is asked how far it came, and gets the rest."""
    cut = []

    def fault(head, number):
        if head.startswith("PATCH") and len(cut) < 2 and sum(h.startswith("PATCH") for h in wire.heads) in (2, 3):
            cut.append(number)
            return "before"

    wire = start(Wire, registry, fault)
    dhow.json("model", "push", "large", f"oci://{wire.authority}/models/cut-between")
    assert len(cut) == 2
    assert any(head.startswith("GET") and "/blobs/uploads/" in head for head in wire.heads)
    assert sum(head.startswith("PATCH") for head in wire.heads) == 5
    assert dhow.json("model", "pull", f"oci://{registry.authority}/models/cut-between", "--name", "cut")["bytes"] == SIZE


def test_an_upload_that_the_registry_forgot_begins_again(dhow, registry, start):
    """Inside a piece: this registry then knows the upload no more."""
    fault = lambda head, number: "inside" if head.startswith("PATCH") and sum(h.startswith("PATCH") for h in wire.heads) == 2 else None
    wire = start(Wire, registry, fault)
    dhow.json("model", "push", "large", f"oci://{wire.authority}/models/cut-inside")
    assert dhow.json("model", "pull", f"oci://{registry.authority}/models/cut-inside", "--name", "inside")["bytes"] == SIZE


def test_a_slow_registry_is_waited_for_and_a_silent_one_is_not(dhow, registry, start):
    slow = start(Wire, registry, lambda head, number: 8_000_000 if head.startswith("PATCH") else None)
    dhow.json("model", "push", "large", f"oci://{slow.authority}/models/slow", "--patience", "2")
    silent = start(Wire, registry, lambda head, number: "silent")
    told = problem(dhow, "pull", f"oci://{silent.authority}/models/slow", "--patience", "1", status=75)
    assert "has not answered" in told


def test_a_registry_that_can_only_be_read_says_so(dhow, start, tmp_path):
    registry = start(DebianRegistry, STORAGE_MAINTENANCE_READONLY="{enabled: true}")
    told = problem(dhow, "push", "churn", f"oci://{registry.authority}/models/churn", status=10)
    assert "can only be read" in told


def test_a_full_registry_says_so_and_a_push_goes_on_when_there_is_room(dhow, start, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a small file system needs the right to mount one")
    try:
        registry = start(DebianRegistry, folder)
        place = f"oci://{registry.authority}/models/full"
        assert "no room left" in problem(dhow, "push", "large", place, status=75)
        assert registry.ask("GET", "models/full/manifests/latest")[0] == 404
        subprocess.run(["mount", "-o", "remount,size=80m", str(folder)], check=True)
        assert dhow.json("model", "push", "large", place)["files"] == 1
        registry.stop()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_bytes_that_are_not_what_their_digest_says_are_refused(dhow, registry):
    place = f"oci://{registry.authority}/models/rotten"
    dhow.json("model", "push", "churn", place)
    digest = files(dhow)["README.md"].removeprefix("sha256:")
    blob = registry.folder / "data/docker/registry/v2/blobs/sha256" / digest[:2] / digest / "data"
    whole = blob.read_bytes()
    blob.write_bytes(b"jello\n")
    try:
        told = problem(dhow, "pull", place, "--name", "rotten", status=10)
    finally:
        blob.write_bytes(whole)
    assert "is not what its digest says" in told
    dhow("model", "show", "rotten", status=66)


def attach(registry, repository, digest, change):
    """Puts a changed copy of what is attached to a manifest in its place, as somebody who may write to the registry could."""
    _, body = registry.ask("GET", f"{repository}/manifests/sha256-{digest[7:]}", "application/vnd.oci.image.index.v1+json")
    index = json.loads(body)
    remote = client(registry.authority)
    container = remote.get_container(f"{registry.authority}/{repository}:x")
    for item in index["manifests"]:
        _, text = registry.ask("GET", f"{repository}/manifests/{item['digest']}", item["mediaType"])
        manifest = json.loads(text)
        _, bundle = registry.ask("GET", f"{repository}/blobs/{manifest['layers'][0]['digest']}")
        told = json.loads(bundle)
        change(told)
        blob = json.dumps(told).encode()
        path = registry.folder / f"changed-{uuid.uuid4().hex}"
        path.write_bytes(blob)
        layer = {**manifest["layers"][0], "digest": f"sha256:{hashlib.sha256(blob).hexdigest()}", "size": len(blob)}
        assert remote.upload_blob(str(path), container, layer).status_code in (200, 201, 202)
        manifest["layers"] = [layer]
        text = json.dumps(manifest).encode()
        item["digest"], item["size"] = f"sha256:{hashlib.sha256(text).hexdigest()}", len(text)
        put(registry, f"{repository}/manifests/{item['digest']}", text, item["mediaType"])
    put(registry, f"{repository}/manifests/sha256-{digest[7:]}", json.dumps(index).encode(), index["mediaType"])


def put(registry, path, body, kind):
    import http.client

    connection = http.client.HTTPConnection(registry.authority)
    connection.request("PUT", f"/v2/{path}", body, {"Content-Type": kind})
    assert connection.getresponse().status == 201


def test_what_is_attached_and_was_changed_is_refused(dhow, registry):
    place = f"oci://{registry.authority}/models/changed"
    digest = dhow.json("model", "push", "churn", place)["digest"]

    def change(told):
        statement = json.loads(base64.b64decode(told["dsseEnvelope"]["payload"]))
        statement["predicate"]["note"] = "better than it is"
        told["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()

    attach(registry, "models/changed", digest, change)
    told = problem(dhow, "pull", place, "--name", "changed", status=10)
    assert "cannot be trusted" in told
    dhow("model", "show", "changed", status=66)


def test_a_signature_of_an_unknown_key_needs_its_key_or_a_word(dhow, registry):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    place = f"oci://{registry.authority}/models/strange"
    digest = dhow.json("model", "push", "churn", place)["digest"]
    key = Ed25519PrivateKey.generate()
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    name = hashlib.sha256(der).hexdigest()

    def change(told):
        envelope = told["dsseEnvelope"]
        kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
        signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        envelope["signatures"] = [{"keyid": name, "sig": base64.b64encode(key.sign(signed)).decode()}]
        told["verificationMaterial"]["publicKey"]["hint"] = name

    attach(registry, "models/strange", digest, change)
    assert "not known here" in problem(dhow, "pull", place, "--name", "strange", status=10)
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (dhow.folder / "other.pem").write_bytes(pem)
    pulled = dhow.json("model", "pull", place, "--name", "strange", "--key", "other.pem", "--require-signature")
    assert pulled["signedBy"] == name
    assert dhow.json("model", "pull", place, "--name", "strange", "--unverified").get("signedBy") is None


def test_credentials_come_out_of_a_secret_and_go_to_their_registry_only(dhow, start, tmp_path):
    # The password is 'opensesame', as bcrypt.
    (tmp_path / "people").write_text("amina:$2b$05$3SrYdSZYo4rPugObfP4OuOIQnQSYABrEkgw8q0/O2XM0PQvO3r7Km\n")
    registry = start(DebianRegistry, AUTH_HTPASSWD_REALM="models", AUTH_HTPASSWD_PATH=str(tmp_path / "people"))
    place = f"oci://{registry.authority}/models/locked"
    assert "right credentials" in problem(dhow, "push", "churn", place, status=10)
    auth = base64.b64encode(b"amina:opensesame").decode()
    dhow.write("docker.json", json.dumps({"auths": {registry.authority: {"auth": auth}}}))
    dhow("secret", "set", "registry", "--file", "docker.json")
    assert dhow.json("model", "push", "churn", place, "--secret", "registry")["files"] == 3
    assert dhow.json("model", "pull", place, "--secret", "registry", "--name", "locked")["version"] == 1
    wire = start(Wire, registry, lambda head, number: None)
    assert "holds nothing for" in problem(dhow, "pull", f"oci://{wire.authority}/models/locked", "--secret", "registry", status=64)
    assert wire.heads == []


def test_nothing_goes_where_requests_may_not_go(dhow):
    assert "not a public IP address" in problem(dhow, "push", "churn", "oci://127.0.0.1:1/x", status=64)
    assert "names no place" in problem(dhow, "push", "churn", "https://registry.example.org/x", status=64)
