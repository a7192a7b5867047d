# SPDX-License-Identifier: Apache-2.0
"""Releases as a person at a terminal sees them: environments, strategies, freezes, replay, breaking the glass."""

import http.server
import json
import os
import pathlib
import subprocess
import threading
import time
import typing
import urllib.parse
import urllib.request

import pytest

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "Golden/onnx"
ROW = [17.99, 10.38, 122.8, 1001.0, 0.1184, 0.2776, 0.3001, 0.1471, 0.2419, 0.07871, 1.095, 0.9053, 8.589, 153.4, 0.006399]
PIPELINE = f"""
apiVersion: dhow/v1
kind: Pipeline
metadata: {{name: make}}
spec:
  parameters: [{{name: round}}]
  steps:
    - name: train
      command: [sh, -c, 'cp "{GOLDEN}/logistic_regression.onnx" "$DHOW_OUTPUT_MODEL"; echo "{{\\"accuracy\\": 0.9}}" > "$DHOW_OUTPUT_METRICS"']
      outputs: {{model: {{path: model.onnx}}, metrics: {{path: metrics.json}}}}
      environment: {{ROUND: {{parameter: round}}}}
    - {{name: version, kind: register, with: {{model: cells, artifact: {{step: train, output: model}}}}}}
    - name: check
      kind: gate
      with:
        gate: accurate
        model: cells
        version: {{step: version, output: version}}
        metrics: {{step: train, output: metrics}}
        checks: [{{name: accuracy, threshold: {{metric: accuracy, comparison: above, value: 0.5}}}}]
"""
ENVIRONMENT = """
apiVersion: dhow/v1
kind: Environment
metadata: {name: production}
spec:
  region: eu-central
  approval: {approvers: [bruno]}
  rollout: {percents: [10, 50, 100], minimumLabelled: 50}
---
apiVersion: dhow/v1
kind: Endpoint
metadata: {name: cells}
spec: {environment: production, model: cells}
"""


class Delivery:
    def __init__(self, dhow):
        self.dhow = dhow
        dhow.write("make/pipeline.yaml", PIPELINE)
        dhow.write("environments/production.yaml", ENVIRONMENT)
        dhow("apply", "environments")
        dhow("pipeline", "apply", "make")
        self.bruno = dhow.json("token", "create", "bruno")["token"]
        dhow("binding", "create", "bruno", "approver")

    def version(self):
        """Registers one more version; its gate report."""
        self.dhow("execution", "start", "make", "--watch", "-p", f"round={time.time_ns()}")
        return self.dhow.json("gate", "list", "cells")[0]

    def release(self, *options, status=0):
        report = self.version()
        number = str(report["version"])
        approval = self.dhow.json("approval", "request", "cells", "cells", number, "--report", report["id"])
        self.approve(approval["id"])
        return self.dhow(
            "release", "start", "cells", "cells", number, "--report", report["id"], "--approval", approval["id"], *options, status=status
        )

    def approve(self, approval):
        self.dhow("approval", "approve", approval, "--comment", "Looks sound.", "--token", self.bruno)

    def status(self):
        return self.dhow("release", "status", "cells").stdout

    def answer(self, version=None):
        """Which revision answers; None while it is not known."""
        part = f"/versions/{version}" if version else ""
        request = urllib.request.Request(
            f"{os.environ['DHOW_URL']}/v2/models/cells{part}/infer",
            data=json.dumps({"inputs": [{"name": "features", "shape": [1, 15], "datatype": "FP32", "data": ROW}]}).encode(),
            headers={
                "Authorization": f"Bearer {os.environ['DHOW_TOKEN']}",
                "Dhow-Workspace": self.dhow.environment["DHOW_WORKSPACE"],
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@pytest.fixture
def delivery(dhow):
    return Delivery(dhow)


def test_a_canary_is_seen_frozen_thawed_promoted_and_taken_back(dhow, delivery):
    delivery.release()
    delivery.release()
    text = delivery.status()
    assert "revision 2 (cells 2) is on trial against revision 1, canary" in text
    assert "revision 1 answers 90 %, revision 2 10 %" in text
    assert "it needs 50 of each" in text, "The plan is the environment's."
    assert "dhow release abort cells --because" in text
    dhow("environment", "freeze", "production", "--because", "The payment provider is down.")
    text = delivery.status()
    assert "PAUSED" in text and "nothing while frozen" in text and "payment provider" in text
    assert dhow.json("environment", "list")[0]["frozenBy"] == "user:admin"
    dhow("release", "resume", "cells", "--because", "I want to.", status=10)
    dhow("environment", "unfreeze", "production", "--because", "It is up again.")
    dhow("release", "resume", "cells", "--because", "It is up again.")
    dhow("release", "promote", "cells", "--because", "Seen enough.")
    assert "revision 2 answers everything" in delivery.status()
    assert "dhow release rollback cells" in delivery.status()
    dhow("release", "rollback", "cells", "--because", "Complaints.")
    assert "ROLLED BACK" in delivery.status() and "Complaints." in delivery.status()
    assert "All 4 transitions" in dhow("release", "replay", "cells").stdout
    dhow("release", "status", "cells", "--watch", status=10)


def test_a_blue_green_preview_answers_at_its_version_alone_until_its_tests_passed(dhow, delivery):
    delivery.release()
    delivery.release("--strategy", "blue-green", "--percents", "0,100", "--keep-warm-seconds", "600")
    text = delivery.status()
    assert "revision 1 answers everything, revision 2 nobody yet" in text
    assert "waits for the result of its smoke tests" in text
    assert delivery.answer(version=2)["model_version"] == "2"
    assert {delivery.answer()["model_version"] for _ in range(20)} == {"1"}
    dhow("release", "smoke", "cells", "--passed", "--because", "12 of 12.")
    dhow("release", "status", "cells", "--watch")
    assert {delivery.answer()["model_version"] for _ in range(20)} == {"2"}
    assert "revision 1 stays loaded until" in delivery.status()
    dhow("release", "rollback", "cells", "--because", "Complaints.")
    assert {delivery.answer()["model_version"] for _ in range(20)} == {"1"}
    dhow("release", "replay", "cells")


def test_the_server_tests_a_preview_before_it_switches(dhow, delivery):
    delivery.release()
    test = {"name": "usual", "inputs": {"features": [ROW]}, "atLeast": 0}
    for limit, status, said in [(1, 0, "was promoted"), (-1, 10, "'usual': row 0 has score")]:
        plan = {"strategy": "blue-green", "smokeTests": [test | {"atMost": limit}]}
        document = {"apiVersion": "dhow/v1", "kind": "Endpoint", "metadata": {"name": "cells"}}
        document["spec"] = {"environment": "production", "model": "cells", "rollout": plan}
        dhow.write("environments/cells.yaml", json.dumps(document))
        dhow.write("environments/production.yaml", ENVIRONMENT.split("---")[0])
        dhow("apply", "environments")
        delivery.release()
        dhow("release", "status", "cells", "--watch", status=status)
        assert said in delivery.status()
        dhow("release", "replay", "cells")


def test_a_shadow_is_asked_unseen_and_goes_on_when_it_answered_enough(dhow, delivery):
    delivery.release()
    delivery.release("--strategy", "shadow", "--percents", "0,20,100", "--minimum-pairs", "40")
    assert "revision 2 nobody yet" in delivery.status()
    deadline = time.monotonic() + 90
    while "answers 80 %" not in delivery.status():
        assert time.monotonic() < deadline, delivery.status()
        for _ in range(20):
            assert delivery.answer()["model_version"] == "1" or "answers 80 %" in delivery.status()
    dhow("release", "abort", "cells", "--because", "Seen enough.")
    dhow("release", "replay", "cells")


class Prometheus(http.server.BaseHTTPRequestHandler):
    """Answers instant queries as Prometheus does; `value` None: with an empty result."""

    value = None
    queries: typing.ClassVar[list] = []

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.queries.append((self.path, form["query"][0]))
        result = [] if self.value is None else [{"metric": {}, "value": [time.time(), str(self.value)]}]
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_guard_outside_that_cannot_be_read_holds_and_one_that_fails_gives_the_traffic_back(dhow, delivery):
    server = http.server.ThreadingHTTPServer(("127.0.0.2", 0), Prometheus)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rule = (
        f'guards: [{{name: errors, source: prometheus, url: "http://127.0.0.2:{server.server_port}", '
        'query: "sum(rate(errors[5m])) > bool 0", atMost: 0.5, intervalSeconds: 10, failures: 1}]'
    )
    dhow.write("environments/production.yaml", ENVIRONMENT.replace("minimumLabelled: 50", f"minimumLabelled: 50, {rule}"))
    dhow("apply", "environments")
    delivery.release()
    delivery.release()

    def until(what):
        deadline = time.monotonic() + 60
        while what not in (text := dhow("rollout", "list").stdout + delivery.status() + str(Prometheus.queries)):
            assert time.monotonic() < deadline, text
            time.sleep(0.5)

    until("/api/v1/query")
    assert Prometheus.queries[0] == ("/api/v1/query", "sum(rate(errors[5m])) > bool 0")
    assert "revision 2 10 %" in delivery.status(), "A guard that cannot be read neither goes on nor back."
    Prometheus.value = 3
    until("ROLLED BACK")
    assert "Guard 'errors' failed" in delivery.status()
    dhow("release", "replay", "cells")
    server.shutdown()


def test_two_releases_to_one_endpoint(dhow, delivery):
    delivery.release()
    delivery.release()
    assert "Rollout" in delivery.release(status=1).stderr
    running = dhow.json("release", "status", "cells")
    delivery.release("--supersede", running["id"])
    assert dhow.json("rollout", "show", running["id"])["phase"] == "superseded"
    assert "revision 3 (cells 4) is on trial against revision 1" in delivery.status()


def test_the_glass_is_broken_by_two_and_looked_at_by_a_third(dhow, delivery):
    delivery.version()
    dhow("environment", "freeze", "production", "--because", "Holidays.")
    asked = dhow.json("release", "break-glass", "cells", "cells", "1", "--because", "Nothing answers.")
    arguments = ["release", "start", "cells", "cells", "1", "--report", asked["report"], "--approval", asked["approval"]]
    dhow(*arguments, status=10)
    delivery.approve(asked["approval"])
    dhow(*arguments)
    open_ones = dhow.json("release", "emergencies", "--open")
    assert [one["reason"] for one in open_ones] == ["Nothing answers."]
    release = open_ones[0]["release"]
    dhow("release", "close-emergency", release, "--note", "I say so.", status=77)
    dhow("release", "close-emergency", release, "--note", "The gate was right.", "--token", delivery.bruno)
    assert dhow.json("release", "emergencies", "--open") == []


def test_a_plan_is_tried_without_a_server(dhow, tmp_path):
    (tmp_path / "plan.json").write_text('{"percents": [10, 50, 100], "bakeSeconds": 600, "alpha": 0.05}')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DHOW_")}

    def simulate(*options):
        command = [dhow.binary, "release", "simulate", "--plan", "plan.json", "--runs", "300", "--json", *options]
        result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment, timeout=120)
        return json.loads(result.stdout)

    rows = simulate("--ratios", "1,5")
    assert rows == simulate("--ratios", "1,5"), "The same seed gives the same numbers."
    good, bad = rows
    assert good["aborted"] <= 0.05 and good["promoted"] > 0.9 and good["promotionMinuteMedian"] == 20
    assert bad["aborted"] > 0.95 and bad["abortMinuteMedian"] < 10
    late = simulate("--ratios", "5", "--label-delay-minutes", "30")[0]
    assert late["abortMinuteMedian"] > 30
