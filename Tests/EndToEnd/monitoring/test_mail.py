# SPDX-License-Identifier: Apache-2.0
"""Incidents and what triggers do go to people by mail, over a real server."""

import email
import email.policy
import json
import queue
import threading

import pytest
from aiosmtpd.controller import Controller
from alerting import HOST, alert, post, webhook


class Inbox:
    """Takes what a mail server hands over; refuses receivers in `unknown`, and puts off those in `busy`."""

    def __init__(self):
        self.mails = queue.Queue()
        self.unknown = {"nobody@example.org"}
        self.busy = {"later@example.org"}

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.unknown:
            return "550 No such mailbox"
        if address in self.busy:
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


def read(envelope):
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    return mail, mail.get_content()


def test_an_incident_is_told_to_all_receivers_and_a_test_takes_the_same_way(dhow, inbox):
    url = f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=ops@example.org,layla@example.org"
    made = webhook(dhow, "mail", url, "email")
    dhow("webhook", "test", made)
    assert "This is a test" in read(inbox.mails.get(timeout=30))[1]
    alert(dhow, "firing")
    envelope = inbox.mails.get(timeout=30)
    assert envelope.mail_from == "dhow@example.org" and envelope.rcpt_tos == ["ops@example.org", "layla@example.org"]
    mail, text = read(envelope)
    assert mail["Subject"] == "[warning] incident.opened: TableLate of flights"
    assert "3 h old — naïvely." in text and mail["Message-ID"].endswith("@example.org>") and mail["Date"].datetime
    incident = dhow.json("incident", "list")[0]
    dhow("incident", "ack", incident["id"], "--note", "I look.")
    assert "incident.acknowledged" in read(inbox.mails.get(timeout=30))[0]["Subject"]
    assert alert(dhow, "resolved")["closed"] == 1
    assert "Resolution: recovered" in read(inbox.mails.get(timeout=30))[1]


def test_what_a_mail_server_refuses_is_dead_until_it_is_sent_again_and_what_it_puts_off_waits(dhow, inbox):
    refused = webhook(dhow, "refused", f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=nobody@example.org", "email")
    later = webhook(dhow, "later", f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=later@example.org", "email")
    alert(dhow, "firing", team="mail")
    pause = threading.Event()
    while True:
        dead = dhow.json("webhook", "deliveries", refused, "--state", "dead")
        waiting = dhow.json("webhook", "deliveries", later, "--state", "pending")
        if dead and waiting and waiting[0].get("error"):
            break
        pause.wait(0.2)
    assert "550" in dead[0]["error"] and "No such mailbox" in dead[0]["error"]
    assert "451" in waiting[0]["error"] and inbox.mails.empty()
    inbox.unknown.clear()
    dhow("webhook", "redeliver", refused, dead[0]["id"])
    mail, _ = read(inbox.mails.get(timeout=30))
    assert mail["To"] == "nobody@example.org" and mail["Message-ID"] == f"<{dead[0]['id']}@example.org>"


def test_no_password_goes_to_a_server_without_tls_and_formats_keep_to_their_urls(dhow, inbox):
    dhow.write("secret.txt", "hunter2")
    url = f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=ops@example.org"
    options = ["--on", "incident.*", "--format", "email", "--secret-file", "secret.txt"]
    made = dhow.json("webhook", "create", "mail", "--to", url + "&user=dhow", *options)
    tested = post(dhow, f"webhooks/{made['id']}/test", {})
    assert "offers no TLS" in tested["error"] and inbox.mails.empty()
    dhow("webhook", "create", "chat", "--to", url, "--on", "incident.*", "--format", "slack", status=64)
    dhow("webhook", "create", "odd", "--to", "https://example.org/", "--on", "incident.*", "--format", "email", status=64)
    # Nothing of this machine but what the server may reach.
    inside = url.replace(HOST, "127.0.0.3")
    dhow("webhook", "create", "inside", "--to", inside, "--on", "incident.*", "--format", "email", status=64)


ENVIRONMENT = """
apiVersion: dhow/v1
kind: Environment
metadata: {name: production}
spec: {}
---
apiVersion: dhow/v1
kind: Trigger
metadata: {name: hold}
spec:
  event: incident.opened
  condition: event.data.kind == "external"
  action: {kind: freeze, environment: production, message: The table is late.}
  budgetPerWeek: 1
"""


def test_an_incident_freezes_an_environment_and_a_person_is_told_by_mail(dhow, inbox):
    dhow.write("documents/production.yaml", ENVIRONMENT)
    dhow("apply", "documents")
    dhow("trigger", "apply", "tell", "--on", "incident.opened", "--action", "notify", "--message", "Look at the table.")
    url = f"smtp://{HOST}:{inbox.port}?from=dhow@example.org&to=ops@example.org"
    dhow("webhook", "create", "mail", "--to", url, "--on", "trigger.notified", "--format", "email")
    alert(dhow, "firing", team="one")
    mail, text = read(inbox.mails.get(timeout=30))
    assert mail["Subject"] == "trigger.notified: trigger/tell" and "Look at the table." in text
    alert(dhow, "firing", alertname="TableEmpty")
    inbox.mails.get(timeout=30)
    pause = threading.Event()
    while len(firings := dhow.json("trigger", "firings", "hold")) < 2:
        pause.wait(0.2)
    # One alert was enough: the budget of the week is one.
    assert [firing.get("reason") for firing in firings] == ["budget", None]
    assert firings[1]["execution"] == "environment/production"
    frozen = json.loads(dhow.get("environments/production"))
    assert frozen["frozen"].endswith("The table is late.") and frozen["frozenBy"] == "system:trigger-hold"
    # An action that is nonsense is refused when it is applied.
    dhow("trigger", "apply", "odd", "--on", "incident.opened", "--action", "freeze", status=64)
    dhow("trigger", "apply", "odd", "--on", "incident.opened", "--action", "explode", status=64)


def test_the_labels_of_a_monitor_are_shown(dhow):
    specification = {"name": "watch", "endpoint": "flights", "features": []}
    dhow.write("monitor.json", json.dumps(specification))
    dhow("monitor", "apply", "--file", "monitor.json")
    post(dhow, "endpoints/flights/labels", {"labels": [{"prediction": "ghost.0", "value": 1}]})
    shown = dhow("monitor", "labels", "watch").stdout
    assert "not known yet" in shown and "1 labels of the last 30 days are for predictions that are not in the log" in shown
    report = dhow.json("monitor", "labels", "watch", "--start", "2026-11-01", "--end", "2026-11-03")
    assert report["unknown"] == 1 and report["cohorts"] == [] and report["endpoint"] == "flights"
    dhow("monitor", "labels", "watch", "--start", "2024-01-01", "--end", "2026-01-01", status=64)
