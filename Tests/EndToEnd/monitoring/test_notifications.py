# SPDX-License-Identifier: Apache-2.0
"""Incidents go out in Slack's form and Alertmanager's, over real requests, and alerts of Alertmanager come in."""

import http.server
import json
import queue
import threading

import pytest
from alerting import HOST, alert, webhook


@pytest.fixture
def receiver():
    bodies = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.put((self.path, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bodies.port = server.server_port
    yield bodies
    server.shutdown()


def test_an_alert_is_told_to_slack_and_closed_when_it_is_resolved(dhow, receiver):
    webhook(dhow, "chat", f"http://{HOST}:{receiver.port}/services/T0/B0/x", "slack")
    assert alert(dhow, "firing") == {"closed": 0, "opened": 1}
    assert alert(dhow, "firing") == {"closed": 0, "opened": 0}
    path, body = receiver.get(timeout=30)
    assert path == "/services/T0/B0/x" and set(body) == {"text"}
    assert "incident.opened TableLate of flights" in body["text"] and "naïvely" in body["text"]
    incident = dhow.json("incident", "list")[0]
    assert incident["kind"] == "external" and incident["status"] == "open"
    dhow("incident", "ack", incident["id"], "--note", "I look.")
    assert "incident.acknowledged" in receiver.get(timeout=30)[1]["text"]
    dhow("incident", "assign", incident["id"], "layla")
    assert "Owner: layla" in receiver.get(timeout=30)[1]["text"]
    assert alert(dhow, "resolved")["closed"] == 1
    assert "Resolution: recovered" in receiver.get(timeout=30)[1]["text"]
    shown = dhow.json("incident", "show", incident["id"])
    assert [entry["act"] for entry in shown["timeline"]] == ["opened", "acknowledged", "assigned", "closed"]
    assert shown["incident"]["resolution"] == "recovered"
    assert dhow.json("incident", "list") == []


def test_a_false_alarm_counts_against_its_rule(dhow, receiver):
    dhow.write(
        "monitor.json",
        json.dumps(
            {
                "name": "rows",
                "endpoint": "flights",
                "features": [],
                "alarms": {"raise": 1, "of": 1},
                "checks": [{"name": "volume", "type": "volume", "minimum": 10}],
                "owner": "omar",
            }
        ),
    )
    dhow("monitor", "apply", "--file", "monitor.json")
    webhook(dhow, "manager", f"http://{HOST}:{receiver.port}/api/v2/alerts", "alertmanager")
    dhow("monitor", "evaluate", "rows", "--start", "2026-11-01", "--end", "2026-11-02")
    incident = dhow.json("incident", "list")[0]
    assert incident["rule"] == "volume" and incident["owner"] == "omar"
    _, opened = receiver.get(timeout=30)
    dhow("incident", "false-alarm", incident["id"], "--note", "There are no flights in this workspace.")
    _, closed = receiver.get(timeout=30)
    assert opened[0]["labels"] == closed[0]["labels"] and closed[0]["endsAt"] < opened[0]["endsAt"]
    rule = dhow.json("monitor", "rules", "rows")[0]
    assert (rule["rule"], rule["incidents"], rule["falseAlarms"], rule["precision"]) == ("volume", 1, 1, 0)
    dhow("monitor", "expectation", "rows", status=10)


def test_a_test_takes_the_way_of_real_messages(dhow, receiver):
    manager = webhook(dhow, "manager", f"http://{HOST}:{receiver.port}/api/v2/alerts", "alertmanager")
    dhow("webhook", "test", manager)
    path, body = receiver.get(timeout=30)
    assert path == "/api/v2/alerts" and body[0]["labels"]["alertname"] == "example" and body[0]["endsAt"] > body[0]["startsAt"]
