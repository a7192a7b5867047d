# SPDX-License-Identifier: Apache-2.0
"""Steps whose tools report in files of their own: the real pytest and the real ruff."""

import sys

PIPELINE = f"""
apiVersion: dhow/v1
kind: Pipeline
metadata: {{name: checked}}
spec:
  steps:
    - name: test
      source: [rows.py, test_rows.py]
      command: [{sys.executable}, -m, pytest, -q, -p, no:cacheprovider, --junitxml, tests.xml]
      outputs: {{tests: {{path: tests.xml, type: junit}}}}
    - name: lint
      source: [rows.py]
      command: [{sys.executable}, -m, ruff, check, --isolated, --select, F, --no-cache, --output-format, sarif, --output-file, lint.sarif, rows.py]
      outputs: {{lint: {{path: lint.sarif, type: sarif}}}}
"""
TESTS = """
from rows import month

def test_a_month():
    assert month("2013-02-01") == 2

def test_no_month():
    assert month("") is None
"""
GOOD = "def month(day):\n    return int(day[5:7]) if day else None\n"
BAD = "import os\n\ndef month(day):\n    return int(day[5:7])\n"


def run(dhow, rows, status):
    dhow.write("p/pipeline.yaml", PIPELINE)
    dhow.write("p/test_rows.py", TESTS)
    dhow.write("p/rows.py", rows)
    dhow("pipeline", "apply", "p")
    dhow("execution", "start", "checked", "--watch", status=status)
    execution = dhow.json("execution", "list")[0]["id"]
    reports = dhow.json("execution", "reports", execution)
    return execution, {report["name"]: report for report in reports}


def test_what_failed_and_what_was_found_has_its_place(dhow):
    execution, reports = run(dhow, BAD, status=1)
    tests, lint = reports["tests"], reports["lint"]
    assert (tests["passed"], tests["found"]) == (1, 1)
    assert tests["findings"][0]["name"] == "test_rows::test_no_month"
    assert "ValueError" in tests["findings"][0]["message"]
    assert (lint["tool"], lint["found"]) == ("ruff", 1)
    finding = lint["findings"][0]
    assert (finding["name"], finding["file"], finding["line"]) == ("F401", "rows.py", 1)
    shown = dhow("execution", "reports", execution).stdout
    assert "error F401 in rows.py:1:8" in shown


def test_what_passed_is_told_of_a_result_that_is_used_again(dhow):
    first, reports = run(dhow, GOOD, status=0)
    assert (reports["tests"]["passed"], reports["lint"]["found"]) == (2, 0)
    _, again = run(dhow, GOOD, status=0)
    assert again["tests"] == {**reports["tests"], "reusedFrom": first}


def test_a_report_that_is_none_fails_the_step(dhow):
    dhow.write(
        "p/pipeline.yaml",
        """
apiVersion: dhow/v1
kind: Pipeline
metadata: {name: checked}
spec:
  steps:
    - name: test
      command: [sh, -c, 'echo fine > tests.xml']
      outputs: {tests: {path: tests.xml, type: junit}}
""",
    )
    dhow("pipeline", "apply", "p")
    refusal = dhow("execution", "start", "checked", "--watch", status=1).stderr
    assert "no report of the type junit" in refusal
