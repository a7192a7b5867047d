# SPDX-License-Identifier: Apache-2.0
"""Incidents go to people by Slack's form, by Alertmanager's and by mail, over real servers, and alerts of Alertmanager come in."""

import email
import email.policy
import http.server
import json
import os
import queue
import threading
import urllib.request

import pytest
from aiosmtpd.controller import Controller

# Where the server under test may send to.
HOST = "127.0.0.2"


class Inbox:
    """Takes what a mail server hands over; refuses receivers that begin with `no`, and says `later` to those that begin so."""

    def __init__(self):
        self.mails = queue.Queue()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("no"):
            return "550 No such mailbox"
        if address.startswith("later"):
            return "451 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.put(envelope)
        return "250 Taken"


class FreePortController(Controller):
    """Tells the port that the system chose."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def inbox():
    handler = Inbox()
    controller = FreePortController(handler, hostname=HOST, port=0)
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


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


def webhook(dhow, name, url, form):
    return dhow.json("webhook", "create", name, "--to", url, "--on", "incident.*", "--format", form)["id"]


def post(dhow, path, body):
    request = urllib.request.Request(
        f"{os.environ['DHOW_URL']}/api/v1/{path}",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['DHOW_TOKEN']}",
            "Dhow-Workspace": dhow.environment["DHOW_WORKSPACE"],
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def alert(dhow, status, **labels):
    """What Alertmanager's webhook receiver sends (version 4)."""
    body = {
        "version": "4",
        "groupKey": "{}:{}",
        "status": status,
        "receiver": "dhow",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "truncatedAlerts": 0,
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": "TableLate", "severity": "warning", "endpoint": "flights", **labels},
                "annotations": {"summary": "The table of flights is 3 h old — naïvely."},
                "startsAt": "2026-11-26T08:00:00.123456789Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus:9090/graph",
                "fingerprint": "c0ffee",
            }
        ],
    }
    return post(dhow, "alerts/alertmanager", body)


def read(envelope):
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    return mail, mail.get_content()


def test_an_alert_is_told_by_slack_and_mail_and_closed_when_it_is_resolved(dhow, inbox, receiver):
    webhook(dhow, "chat", f"http://{HOST}:{receiver.port}/services/T0/B0/x", "slack")
    webhook(dhow, "mail", f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=ops@example.org,layla@example.org", "email")
    assert alert(dhow, "firing") == {"closed": 0, "opened": 1}
    assert alert(dhow, "firing") == {"closed": 0, "opened": 0}
    path, body = receiver.get(timeout=30)
    assert path == "/services/T0/B0/x" and set(body) == {"text"}
    assert "incident.opened TableLate of flights" in body["text"]
    envelope = inbox.mails.get(timeout=30)
    assert envelope.mail_from == "dhow@example.org" and envelope.rcpt_tos == ["ops@example.org", "layla@example.org"]
    mail, text = read(envelope)
    assert mail["Subject"] == "[warning] incident.opened: TableLate of flights"
    assert "3 h old — naïvely." in text and mail["Message-ID"].endswith("@example.org>") and mail["Date"].datetime
    incident = dhow.json("incident", "list")[0]
    assert incident["kind"] == "external" and incident["status"] == "open"
    dhow("incident", "ack", incident["id"], "--note", "I look.")
    assert "incident.acknowledged" in receiver.get(timeout=30)[1]["text"]
    assert alert(dhow, "resolved")["closed"] == 1
    assert "Resolution: recovered" in receiver.get(timeout=30)[1]["text"]
    shown = dhow.json("incident", "show", incident["id"])
    assert [entry["act"] for entry in shown["timeline"]] == ["opened", "acknowledged", "closed"]
    assert shown["incident"]["resolution"] == "recovered"


def test_a_test_takes_the_way_of_real_messages(dhow, inbox, receiver):
    manager = webhook(dhow, "manager", f"http://{HOST}:{receiver.port}/api/v2/alerts", "alertmanager")
    dhow("webhook", "test", manager)
    path, body = receiver.get(timeout=30)
    assert path == "/api/v2/alerts" and body[0]["labels"]["alertname"] == "example" and body[0]["endsAt"] > body[0]["startsAt"]
    mail = webhook(dhow, "mail", f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=ops@example.org", "email")
    dhow("webhook", "test", mail)
    assert "This is a test" in read(inbox.mails.get(timeout=30))[1]


def test_what_a_mail_server_refuses_is_dead_at_once_and_what_it_puts_off_waits(dhow, inbox):
    refused = webhook(dhow, "refused", f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=nobody@example.org", "email")
    later = webhook(dhow, "later", f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=later@example.org", "email")
    alert(dhow, "firing", team="mail")
    taken = threading.Event()
    while True:
        dead = dhow.json("webhook", "deliveries", refused, "--state", "dead")
        waiting = [each for each in dhow.json("webhook", "deliveries", later, "--state", "pending") if each["attempts"] > 0]
        if dead and waiting and waiting[0].get("error"):
            break
        taken.wait(0.2)
    assert "550" in dead[0]["error"] and "No such mailbox" in dead[0]["error"]
    assert "451" in waiting[0]["error"]


def test_no_password_goes_to_a_server_without_tls_and_formats_keep_to_their_urls(dhow, inbox):
    secret = dhow.folder / "secret.txt"
    secret.write_text("hunter2")
    url = f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=ops@example.org&user=dhow"
    made = dhow.json(
        "webhook", "create", "mail", "--to", url, "--on", "incident.*", "--format", "email", "--secret-file", str(secret)
    )
    tested = post(dhow, f"webhooks/{made['id']}/test", {})
    assert "offers no TLS" in tested["error"] and inbox.mails.empty()
    dhow("webhook", "create", "chat", "--to", url, "--on", "incident.*", "--format", "slack", status=64)
    dhow("webhook", "create", "odd", "--to", "https://example.org/", "--on", "incident.*", "--format", "email", status=64)
