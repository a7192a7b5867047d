# SPDX-License-Identifier: Apache-2.0
"""Metrics of monitors, read by Prometheus' own parser and OpenTelemetry's own messages; the dashboard asks for what is shown."""

import contextlib
import http.server
import json
import os
import queue
import re
import subprocess
import threading
import urllib.request

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from prometheus_client.parser import text_string_to_metric_families

HOST = "127.0.0.2"
MONITOR = {
    "name": "watch",
    "endpoint": "flights",
    "features": [{"name": "temp", "kind": "number"}],
    "checks": [{"name": "rows", "type": "volume", "minimum": 1}],
    "alarms": {"raise": 1, "of": 1},
}


@pytest.fixture
def collector():
    bodies = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.put((self.path, self.headers["Content-Type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bodies.port = server.server_port
    yield bodies
    server.shutdown()


@pytest.fixture
def server(tmp_path, collector, binary):
    """A server of the test's own that pushes to the collector: its URL, and an environment for commands."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DHOW_")}
    arguments = ["--egress-allow", HOST, "--otlp-endpoint", f"http://{HOST}:{collector.port}"]
    process = subprocess.Popen(
        [binary, "serve", "--data", str(tmp_path / "data"), "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with contextlib.ExitStack() as stack:
        stack.callback(process.communicate)
        stack.callback(process.kill)
        line = next(line for line in process.stdout if "answers at " in line)
        url = line.split("answers at ")[1].strip()
        yield url, {**environment, "DHOW_URL": url, "DHOW_TOKEN": (tmp_path / "data" / "admin-token").read_text().strip()}


def exposed(url, environment):
    request = urllib.request.Request(f"{url}/metrics", headers={"Authorization": f"Bearer {environment['DHOW_TOKEN']}"})
    with urllib.request.urlopen(request) as answer:
        return {family.name: family for family in text_string_to_metric_families(answer.read().decode())}


def test_metrics_are_shown_pushed_and_on_the_dashboard(server, collector, binary, tmp_path):
    url, environment = server

    def dhow(*arguments):
        return subprocess.run([binary, *arguments], capture_output=True, text=True, check=True, env=environment, timeout=60).stdout

    (tmp_path / "monitor.json").write_text(json.dumps(MONITOR))
    dhow("monitor", "apply", "--file", str(tmp_path / "monitor.json"))
    dhow("monitor", "evaluate", "watch", "--start", "2013-03-01", "--end", "2013-03-02")

    families = exposed(url, environment)
    verdict = families["dhow_monitor_verdict"].samples[0]
    assert (verdict.labels["monitor"], verdict.labels["verdict"], verdict.value) == ("watch", "undecided", 1)
    rules = {sample.labels["rule"]: sample.value for sample in families["dhow_monitor_rule_level"].samples}
    assert rules == {"rows": 1}
    assert families["dhow_monitor_incidents_open"].samples[0].labels["severity"] == "critical"

    path, form, body = collector.get(timeout=60)
    assert (path, form) == ("/v1/metrics", "application/json")
    pushed = json_format.Parse(body, ExportMetricsServiceRequest()).resource_metrics[0].scope_metrics[0].metrics
    names = {metric.name for metric in pushed}
    assert names == {name for name in families if name.startswith("dhow_monitor_")}
    point = next(metric for metric in pushed if metric.name == "dhow_monitor_verdict").gauge.data_points[0]
    assert {attribute.key: attribute.value.string_value for attribute in point.attributes} == verdict.labels

    dashboard = json.loads(dhow("monitor", "dashboard"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert names <= {name for expression in asked for name in re.findall(r"dhow_\w+", expression)}
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in dashboard["panels"])
