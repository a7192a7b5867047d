# SPDX-License-Identifier: Apache-2.0
"""A declared gate whose checks are about the data: a contract, the schema, and drift from what was learnt."""

import json

DOCUMENTS = """
apiVersion: dhow/v1
kind: DataContract
metadata: {name: rows}
spec:
  columns:
    - {name: month, type: integer, nulls: 0, range: {from: 1, to: 12}}
    - {name: delay, type: integer}
---
apiVersion: dhow/v1
kind: Gate
metadata: {name: sound}
spec:
  onInconclusive: refuse
  checks:
    - {name: contract, data: {contract: rows, of: all}}
    - {name: schema, data: {schema: compatible}}
    - {name: drift, data: {drift: {atMost: 0.2, columns: [delay]}}}
"""
PIPELINE = """
apiVersion: dhow/v1
kind: Pipeline
metadata: {name: learn}
spec:
  parameters:
    - {name: learnt, type: snapshot}
    - {name: heldout, type: snapshot}
  steps:
    - name: train
      command: [sh, -c, 'cp "$DHOW_INPUT_ROWS" model']
      inputs: {rows: {snapshot: {parameter: learnt}}}
      outputs: {model: {path: model, type: model}}
    - name: register
      kind: register
      with: {model: delays, artifact: {step: train, output: model}}
    - name: gate
      kind: gate
      with: {gate: sound, model: delays, version: {step: register, output: version}, snapshots: [{parameter: heldout}]}
"""


def rows(shift, month="1"):
    return "month,delay\n" + "".join(f"{month},{(7 * row) % 60 + shift}\n" for row in range(1000))


def prepare(dhow, heldout):
    dhow.write("ml/documents.yaml", DOCUMENTS)
    dhow.write("ml/pipeline.yaml", PIPELINE)
    dhow("apply", "ml")
    ids = {}
    for name, text in (("learnt", rows(0)), ("heldout", heldout)):
        dhow.write(f"{name}.csv", text)
        ids[name] = dhow.json("snapshot", "record", "rows", "--file", f"{name}.csv")["id"]
    return ids


def judge(dhow, ids, status):
    given = [text for name, id in ids.items() for text in ("-p", f"{name}={id}")]
    dhow("execution", "start", "learn", "--watch", *given, status=status)
    report = dhow.json("gate", "list", "delays")[0]
    assert report["gateRevision"] == 1
    return {check["name"]: check["outcome"] for check in report["checks"]}


def test_what_was_not_checked_is_refused_and_what_was_passes(dhow):
    ids = prepare(dhow, rows(1))
    assert judge(dhow, ids, status=10) == {"contract": "inconclusive", "schema": "passed", "drift": "passed"}
    for id in ids.values():
        dhow("contract", "check", "rows", id)
    assert judge(dhow, ids, status=0) == {"contract": "passed", "schema": "passed", "drift": "passed"}


def test_data_that_moved_or_broke_the_contract_is_refused(dhow):
    ids = prepare(dhow, rows(300, month="13"))
    dhow("contract", "check", "rows", ids["learnt"])
    dhow("contract", "check", "rows", ids["heldout"], status=10)
    assert judge(dhow, ids, status=10) == {"contract": "failed", "schema": "passed", "drift": "failed"}
    report = dhow.json("gate", "list", "delays")[0]
    drift = next(check for check in report["checks"] if check["name"] == "drift")
    assert "delay" in drift["reason"]
    told = json.dumps(next(check for check in report["checks"] if check["name"] == "contract")["details"])
    assert "range month" in told


def test_a_schema_that_broke_is_refused(dhow):
    ids = prepare(dhow, rows(1).replace("month,delay", "month,late"))
    found = judge(dhow, ids, status=10)
    assert (found["schema"], found["drift"]) == ("failed", "failed")
