# SPDX-License-Identifier: Apache-2.0
"""Alerts of Alertmanager, sent to the server under test, and webhooks that tell of what they open."""

import json
import os
import urllib.request

# Where the server under test may send to.
HOST = "127.0.0.2"


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
