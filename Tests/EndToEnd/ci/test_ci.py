# SPDX-License-Identifier: Apache-2.0
"""Every exit status of a job, and the reports that it leaves."""

import json
import re
import sys
import xml.etree.ElementTree

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

PIPELINE = """
apiVersion: dhow/v1
kind: Pipeline
metadata: {name: churn}
spec:
  parameters:
    - {name: rows, type: snapshot}
    - {name: loss, type: number, default: 0.4}
  steps:
    - name: test
      source: [rows.py, test_rows.py]
      command: [PYTHON, -m, pytest, -q, -p, 'no:cacheprovider', --junitxml, tests.xml]
      outputs: {tests: {path: tests.xml, type: junit}}
    - name: lint
      source: [rows.py]
      command: [PYTHON, -m, ruff, check, --isolated, --select, F, --no-cache, --output-format, sarif, --output-file, lint.sarif, rows.py]
      outputs: {lint: {path: lint.sarif, type: sarif}}
    - name: train
      needs: [test, lint]
      command: [sh, -c, 'cp "$DHOW_INPUT_ROWS" model; echo "{\\"loss\\": $LOSS}" > metrics.json']
      inputs: {rows: {snapshot: {parameter: rows}}}
      environment: {LOSS: {parameter: loss}}
      outputs: {model: {path: model, type: model}, metrics: {path: metrics.json}}
    - name: register
      kind: register
      with: {model: churn, artifact: {step: train, output: model}}
    - name: gate
      kind: gate
      with:
        gate: quality
        model: churn
        version: {step: register, output: version}
        metrics: {step: train, output: metrics}
        checks:
          - {name: skilful, threshold: {metric: loss, comparison: below, value: 0.5}}
""".replace("PYTHON", sys.executable)
APPROVAL = """
    - name: approval
      kind: approval
      with: {model: churn, version: {step: register, output: version}, endpoint: churn, report: {step: gate, output: report}}
"""
TESTS = "from rows import month\n\n\ndef test_a_month():\n    assert month('2013-02-01') == 2\n"
GOOD = "def month(day):\n    return int(day[5:7])\n"


def prepare(job, pipeline=PIPELINE, rows=GOOD):
    job.write("ml/pipeline.yaml", pipeline)
    job.write("ml/test_rows.py", TESTS)
    job.write("ml/rows.py", rows)
    job.write("rows.csv", "month,left\n1,0\n2,1\n")


def cases(job, suite):
    root = xml.etree.ElementTree.fromstring(job.read("junit.xml"))
    found = next(each for each in root if each.get("name") == suite)
    return {case.get("name"): [child.tag for child in case] for case in found}


def test_a_job_that_passes(job):
    prepare(job)
    job.run("ml", "--snapshot", "rows=rows.csv", status=0)
    report = json.loads(job.read("report.json"))
    assert (report["schema"], report["outcome"], report["pipeline"]) == ("dhow-ci-report/1", 0, "churn")
    assert cases(job, "steps") == {name: [] for name in ("test", "lint", "train", "register", "gate")}
    assert cases(job, "gate quality") == {"skilful": []}
    assert "| skilful | passed | loss | 0.4 |" in job.read("report.md")
    # Refuses what OpenMetrics does not allow.
    families = {family.name: family.samples for family in text_string_to_metric_families(job.read("metrics.txt"))}
    numbers = {sample.labels["number"]: sample.value for sample in families["dhow_ci_evidence"]}
    assert numbers["value"] == 0.4
    assert families["dhow_ci_outcome"][0].value == 0


def test_a_gate_that_fails(job):
    prepare(job)
    job.run("ml", "--snapshot", "rows=rows.csv", "-p", "loss=0.9", status=1)
    assert cases(job, "gate quality") == {"skilful": ["failure"]}
    results = json.loads(job.read("report.sarif"))["runs"][0]["results"]
    failed = next(each for each in results if each["ruleId"] == "gate/quality/skilful")
    place = failed["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "ml/pipeline.yaml"
    line = (job.folder / "ml/pipeline.yaml").read_text().splitlines()[place["region"]["startLine"] - 1]
    assert line.strip() == "- name: gate"


def test_a_linter_that_finds_something_is_shown_beside_the_code(job):
    prepare(job, rows="import os\n\n\n" + GOOD)
    job.environment |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(job.folder / "summary.md")}
    result = job.run("ml", "--snapshot", "rows=rows.csv", status=1)
    assert "::error file=ml/rows.py,line=1,col=8,title=F401::" in result.stdout
    assert (job.folder / "summary.md").read_text() == job.read("report.md")
    assert "ruff | 0 | 0 | 1" in job.read("report.md")


def test_a_step_that_breaks_is_no_refusal(job):
    prepare(job, PIPELINE.replace("cp \"$DHOW_INPUT_ROWS\" model;", "exit 7;"))
    job.run("ml", "--snapshot", "rows=rows.csv", status=2)
    assert cases(job, "steps")["train"] == ["failure"]
    assert "exit code 7" in job.read("report.md")


def test_a_job_that_waits_for_a_person(job):
    prepare(job, PIPELINE + APPROVAL)
    job.run("ml", "--snapshot", "rows=rows.csv", status=3)
    assert json.loads(job.read("report.json"))["outcome"] == 3


def test_a_specification_with_a_fault_has_its_place(job):
    prepare(job, PIPELINE.replace("needs: [test, lint]", "needs: [tests]"))
    job.environment["GITHUB_ACTIONS"] = "true"
    result = job.run("ml", "--snapshot", "rows=rows.csv", status=2)
    assert re.search(r"::error file=ml/pipeline.yaml,line=\d+,col=\d+,", result.stdout)
    assert json.loads(job.read("report.sarif"))["runs"][0]["results"]


def test_a_specification_of_a_newer_version(job):
    prepare(job, PIPELINE.replace("dhow/v1", "dhow/v9"))
    result = job.run("ml", "--snapshot", "rows=rows.csv", status=2)
    assert "dhow/v1" in result.stderr


def test_a_server_that_is_not_there(alone):
    prepare(alone)
    alone.environment |= {"DHOW_URL": "http://127.0.0.1:9", "DHOW_TOKEN": "x"}
    alone.run("ml", "--snapshot", "rows=rows.csv", status=2)
    assert cases(alone, "run") == {"churn": ["error"]}


@pytest.mark.parametrize("job", ["with a server"], indirect=True)
def test_a_caller_whose_token_is_none(job):
    prepare(job)
    job.environment["DHOW_TOKEN"] = "dhow_not_a_token"
    job.run("ml", "--snapshot", "rows=rows.csv", status=4)


def test_reports_that_cannot_be_written(alone):
    prepare(alone)
    alone.write("taken", "a file")
    result = alone.run("ml", "--snapshot", "rows=rows.csv", "--reports", "taken/reports", status=2)
    assert "cannot be written" in result.stderr


def test_a_server_that_was_killed_and_left_its_address(alone):
    prepare(alone)
    alone.write(".dhow/address", "http://127.0.0.1:9\n")
    alone.run("ml", "--snapshot", "rows=rows.csv", status=0)


def test_results_of_earlier_jobs_are_used_again(alone):
    prepare(alone)
    alone.run("ml", "--snapshot", "rows=rows.csv", status=0)
    alone.run("ml", "--snapshot", "rows=rows.csv", status=0)
    states = {step["name"]: step["state"] for step in json.loads(alone.read("report.json"))["steps"]}
    assert states["train"] == states["test"] == "reused"
    assert "python -m pytest" not in alone.read("report.md")
