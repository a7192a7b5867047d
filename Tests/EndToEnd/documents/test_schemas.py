# SPDX-License-Identifier: Apache-2.0
"""The published JSON Schemas, held to the reference library, to the server's own checks, and to the documents of Examples."""

import json
import os
import pathlib
import urllib.request

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
KINDS = {"RoleBinding", "DataContract", "Gate", "Environment", "Endpoint", "Pipeline", "Monitor", "RetentionPolicy", "Webhook", "Trigger", "Stream"}
HEAD = {"apiVersion": "dhow/v1", "metadata": {"name": "n"}}


def get(path):
    """Without a token, as an editor does."""
    with urllib.request.urlopen(f"{os.environ['DHOW_URL']}/api/v1/{path}") as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def schemas():
    return {item["kind"]: get(item["schema"].removeprefix("/api/v1/")) for item in get("schemas")["items"]}


def is_valid(schema, document):
    return jsonschema.Draft202012Validator(schema).is_valid(document)


def test_every_kind_has_one_and_it_is_a_schema(schemas):
    assert set(schemas) == KINDS
    for kind, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["title"] == kind
    jsonschema.Draft202012Validator.check_schema(get("schemas/all.json"))


def test_the_command_prints_them(dhow, schemas):
    assert dhow.json("schema", "Monitor") == schemas["Monitor"]
    assert {item["kind"] for item in dhow.json("schema")} == KINDS
    assert "Did you mean" not in dhow("schema", "Nothing", status=66).stdout


def documents(folder):
    for path in sorted(folder.rglob("*.y*ml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield pytest.param(document, id=f"{path.relative_to(folder)}:{document['kind']}")


@pytest.mark.parametrize("document", list(documents(ROOT / "Examples")))
def test_the_documents_of_examples_pass(schemas, document):
    jsonschema.Draft202012Validator(schemas[document["kind"]]).validate(document)
    jsonschema.Draft202012Validator(get("schemas/all.json")).validate(document)


def test_the_server_takes_the_documents_of_examples(dhow):
    plan = dhow.json("plan", str(ROOT / "Examples/flights"), "--source", "examples", status=2)
    assert plan["errors"] == []
    assert {item["action"] for item in plan["objects"]} == {"create"}
    assert {item["kind"] for item in plan["objects"]} == {"DataContract", "Pipeline", "Monitor", "Trigger", "RetentionPolicy"}


STEP = {"name": "s", "command": ["true"]}
MONITOR = {"endpoint": "e", "features": [{"name": "f", "kind": "number"}]}
CONTRACT = {
    "dataset": "d",
    "otherColumns": "refused",
    "rows": {"atLeast": 1},
    "columns": [
        {"name": "a b", "type": "integer", "nulls": 0.1, "range": {"from": 0, "to": 9.5}, "unique": True, "labels": ["personal"]},
        {"name": "t", "type": "time", "range": {"from": "2024-01-01"}, "severity": "warning", "tolerance": 0.5, "required": False},
        {"name": "s", "oneOf": ["x", 1, True], "matches": "[a-z]+", "length": {"to": 3}},
    ],
    "keys": [{"columns": ["a b", "t"]}],
    "references": [{"columns": ["s"], "dataset": "o", "key": ["k"]}],
    "freshness": {"column": "t", "within": "36h"},
    "rules": [{"name": "r", "cel": "row.s != null"}, {"name": "q", "query": "SELECT * FROM data", "tolerance": 0.1}],
}
WEBHOOK = {"url": "https://hooks.example.org/a", "events": ["version.registered"]}

GOOD = [
    ("Pipeline", {"steps": [STEP]}),
    ("Pipeline", {"parameters": [{"name": "n", "type": "integer", "default": 3}], "steps": [{**STEP, "retries": 20, "cache": False}]}),
    ("Pipeline", {"steps": [{**STEP, "command": ["head", "-n", 1], "environment": {"A": 1, "B": "x"}, "needs": []}]}),
    ("Pipeline", {"steps": [STEP, {"name": "a", "kind": "approval", "needs": ["s"], "with": {"model": "m", "version": 1, "endpoint": "e", "report": "r"}}]}),
    ("Monitor", MONITOR),
    ("Monitor", {**MONITOR, "label": {}, "thresholds": {"nullRise": 1, "checksDataFaults": False, "driftWarning": 0.2}}),
    ("DataContract", {}),
    ("DataContract", CONTRACT),
    ("RetentionPolicy", {"deletedDays": 0}),
    ("RoleBinding", {"principal": "admin", "role": "approver"}),
    ("Webhook", WEBHOOK),
    ("Stream", {"from": {"http": {}}, "records": "labels", "endpoint": "e"}),
    ("Stream", {"to": {"kafka": {"servers": ["k:9092"], "topic": "t"}}, "events": ["*"], "mode": "binary"}),
    ("Webhook", {**WEBHOOK, "status": "disabled", "description": "d", "events": ["rollout.*", "*"]}),
]

# What both the schema and the server refuse.
BAD = [
    ("Pipeline", {"steps": []}),
    ("Pipeline", {"steps": [{"name": "s"}]}),
    ("Pipeline", {"steps": [{**STEP, "retries": 21}]}),
    ("Pipeline", {"steps": [{**STEP, "with": {}}]}),
    ("Pipeline", {"steps": [{**STEP, "comand": ["x"]}]}),
    ("Pipeline", {"steps": [{"name": "s", "kind": "gat", "with": {}}]}),
    ("Pipeline", {"steps": [{**STEP, "inputs": {"a": {"parameter": "p", "step": "s"}}}]}),
    ("Pipeline", {"parameters": [{"name": "n", "type": "date"}], "steps": [STEP]}),
    ("Monitor", {"endpoint": "e"}),
    ("Monitor", {**MONITOR, "endpoint": "a/b"}),
    ("Monitor", {**MONITOR, "features": [{"name": "f", "kind": "text"}]}),
    ("Monitor", {**MONITOR, "thresholds": {"minimumRows": 19}}),
    ("Monitor", {**MONITOR, "thresholds": {"falseDiscoveryRate": 0.5}}),
    ("Monitor", {**MONITOR, "thresholds": {"labelCoverage": 0}}),
    ("Monitor", {**MONITOR, "threshold": {}}),
    ("DataContract", {"columns": [{"name": "a", "type": "float"}]}),
    ("DataContract", {"columns": [{"name": "a", "nulls": 2}]}),
    ("DataContract", {"columns": [{"type": "text"}]}),
    ("DataContract", {"columns": [{"name": "a", "oneOf": []}]}),
    ("DataContract", {"freshness": {"column": "t", "within": "soon"}}),
    ("DataContract", {"rules": [{"name": "r", "sqk": "a > 0"}]}),
    ("RetentionPolicy", {"deletedDays": -1}),
    ("RoleBinding", {"principal": "admin", "role": "owner"}),
    ("RoleBinding", {"principal": "admin", "role": "viewer", "workspace": "*"}),
    ("RetentionPolicy", {"deletedDays": "30"}),
    ("Webhook", {"url": "https://hooks.example.org/a"}),
    ("Webhook", {**WEBHOOK, "events": []}),
    ("Webhook", {**WEBHOOK, "secret": "s"}),
    ("Stream", {"from": {"http": {}}, "records": "runs", "endpoint": "e"}),
    ("Stream", {"to": {"http": {}}, "events": ["*"]}),
    ("Stream", {"to": {"redis": {"server": "r:6379", "key": "k", "password": "p"}}, "events": ["*"]}),
    ("Trigger", {"event": "breached", "pipeline": "p"}),
    ("Trigger", {"event": "performance.breached", "action": {"kind": "explode"}}),
    ("Trigger", {"event": "performance.breached", "action": {"message": "no kind"}}),
    ("Trigger", {"pipeline": "p", "schedule": {"cron": "0 3 * * *", "missed": "some"}}),
    ("Trigger", {"pipeline": "p", "event": {"verb": "performance.breached", "resorce": "endpoint/flights"}}),
    ("Trigger", {"pipeline": "p", "files": {"folder": "in"}}),
]


@pytest.mark.parametrize(("kind", "spec"), GOOD)
def test_good_documents_pass_both(dhow, schemas, kind, spec):
    document = {**HEAD, "kind": kind, "spec": spec}
    assert is_valid(schemas[kind], document)
    dhow.write("document.json", json.dumps(document))
    assert dhow.json("plan", "document.json", status=2)["errors"] == []


@pytest.mark.parametrize(("kind", "spec"), BAD)
def test_bad_documents_pass_neither(dhow, schemas, kind, spec):
    document = {**HEAD, "kind": kind, "spec": spec}
    assert not is_valid(schemas[kind], document)
    dhow.write("document.json", json.dumps(document))
    errors = dhow.json("plan", "document.json", status=1)["errors"]
    assert errors
    for error in errors:
        assert error["file"] == "document.json" and error["line"] == 1 and error["column"] > 1, error
        assert error["fix"], error


@pytest.mark.parametrize(
    "head",
    [{"apiVersion": "dhow/v2"}, {"kind": "Monitr"}, {"metadata": {}}, {"metadata": {"name": "../x"}}, {"metadata": {"name": "n", "x": 1}}, {"status": {}}],
)
def test_bad_heads_pass_neither(dhow, schemas, head):
    document = {**HEAD, "kind": "Monitor", "spec": MONITOR, **head}
    assert not is_valid(schemas["Monitor"], document)
    assert not is_valid(get("schemas/all.json"), document)
    dhow.write("document.json", json.dumps(document))
    assert dhow.json("plan", "document.json", status=1)["errors"]
