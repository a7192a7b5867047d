# SPDX-License-Identifier: Apache-2.0
"""What Dhow tells others about where a model came from, read by their own libraries."""

import base64
import hashlib
import json
import os
import subprocess
import uuid

import mlflow
import pytest
from cryptography.hazmat.primitives import serialization
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

PIPELINE = """
apiVersion: dhow/v1
kind: Pipeline
metadata: {name: train}
spec:
  parameters:
    - {name: data, type: snapshot}
    - {name: rate, default: '0.1'}
  steps:
    - name: fit
      command: [sh, fit.sh]
      source: [fit.sh]
      inputs: {data: {snapshot: {parameter: data}}}
      environment: {RATE: {parameter: rate}}
      outputs:
        model: {path: out, type: model}
        score: {path: score.json, type: value}
    - name: parts
      forEach: {in: [a, b]}
      command: [sh, -c, 'echo "$DHOW_ITEM" > part']
      outputs: {part: {path: part}}
    - name: unrelated
      command: [sh, -c, 'echo nothing > nothing']
      outputs: {nothing: {path: nothing}}
    - name: register
      kind: register
      needs: [parts]
      with: {model: churn, artifact: {step: fit, output: model}}
"""
FIT = """
mkdir out && cp "$DHOW_INPUT_DATA"/* out/weights 2>/dev/null || cp "$DHOW_INPUT_DATA" out/weights
echo "$RATE" > out/rate
echo 0.75 > score.json
"""


@pytest.fixture
def trained(dhow):
    """A version that a pipeline of a git repository registered, with its execution and snapshot."""
    dhow.write("p/pipeline.yaml", PIPELINE)
    dhow.write("p/fit.sh", FIT)
    dhow.write("rows.csv", "month,left\n1,0\n2,1\n")
    git = ["git", "-C", str(dhow.folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "p"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    snapshot = dhow.json("snapshot", "record", "customers", "--file", "rows.csv")["id"]
    dhow("pipeline", "apply", "p")
    dhow("execution", "start", "train", "--watch", "--parameter", "data=customers@0")
    execution = dhow.json("execution", "list")[0]["id"]
    return {"snapshot": snapshot, "commit": commit, "execution": execution}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def envelope(dhow):
    return json.loads(dhow("version", "provenance", "churn", "1").stdout)


def test_the_signature_is_one_that_securesystemslib_verifies(dhow, trained):
    told = envelope(dhow)
    key = SSlibKey.from_dict(
        told["signatures"][0]["keyid"],
        {
            "keytype": "ed25519",
            "scheme": "ed25519",
            "keyval": {"public": public_key(dhow)},
        },
    )
    Envelope.from_dict(json.loads(json.dumps(told))).verify([key], 1)
    payload = bytearray(base64.b64decode(told["payload"]))
    payload[-2] ^= 1
    told["payload"] = base64.b64encode(payload).decode()
    with pytest.raises(VerificationError):
        Envelope.from_dict(told).verify([key], 1)


def public_key(dhow):
    pem = dhow("version", "provenance", "--key").stdout
    key = serialization.load_pem_public_key(pem.encode())
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()


def test_the_statement_is_one_that_in_toto_accepts(dhow, trained):
    payload = base64.b64decode(envelope(dhow)["payload"])
    # Refuses members that the standard does not have.
    statement = json_format.Parse(payload, statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    assert statement.predicate_type == "https://slsa.dev/provenance/v1"
    predicate = json_format.ParseDict(json.loads(payload)["predicate"], provenance_pb2.Provenance())
    definition, details = predicate.build_definition, predicate.run_details
    assert definition.external_parameters["pipeline"] == "train"
    assert definition.external_parameters["parameters"]["rate"] == "0.1"
    assert details.metadata.invocation_id.endswith(trained["execution"])
    assert details.metadata.started_on.ToMilliseconds() <= details.metadata.finished_on.ToMilliseconds()


def test_the_statement_names_all_that_the_model_was_made_of(dhow, trained):
    statement = dhow.json("version", "provenance", "churn", "1", "--statement")
    rows = "month,left\n1,0\n2,1\n"
    subjects = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
    files = {"rate": sha256("0.1\n"), "weights": sha256(rows)}
    listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    assert subjects == {**files, "model/churn/1": sha256(listing)}
    definition = statement["predicate"]["buildDefinition"]
    found = {each["name"]: each["digest"] for each in definition["resolvedDependencies"]}
    assert found["code"] == {"gitCommit": trained["commit"]}
    assert found["source/fit.sh"] == {"sha256": sha256(FIT)}
    assert found["snapshot/customers/1"] == {"sha256": trained["snapshot"]}
    assert found["snapshot/customers/1/rows.csv"] == {"sha256": sha256(rows)}
    steps = definition["internalParameters"]["steps"]
    assert set(steps) == {"fit", "parts"}
    assert steps["parts"]["runs"] == {"succeeded": 2}
    byproducts = {each["name"]: each for each in statement["predicate"]["runDetails"]["byproducts"]}
    assert set(byproducts) == {"step/fit/model", "step/fit/score", "step/parts/part"}
    assert json.loads(base64.b64decode(byproducts["step/fit/score"]["content"])) == 0.75


def test_the_ledger_has_the_digest_of_what_was_signed(dhow, trained):
    payload = base64.b64decode(envelope(dhow)["payload"])
    entries = json.loads(dhow.get("ledger/entries?limit=100&verb=version.attested"))["items"]
    assert [entry["resource"] for entry in entries] == ["model/churn/1"]
    assert entries[0]["payload"]["payload"] == "sha256:" + hashlib.sha256(payload).hexdigest()


def test_a_version_that_no_pipeline_made_has_no_provenance(dhow, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", os.environ["DHOW_TOKEN"])
    dhow.environment["DHOW_WORKSPACE"] = "default"
    client = mlflow.MlflowClient(os.environ["DHOW_URL"])
    model = f"by-hand-{uuid.uuid4().hex}"
    run = client.create_run("0").info.run_id
    client.log_text(run, "1", "weights")
    dhow("version", "register", model, run, "weights")
    refusal = dhow("version", "provenance", model, "1", status=66).stderr
    assert "not registered by a step" in refusal
