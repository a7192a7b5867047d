# SPDX-License-Identifier: Apache-2.0
"""Models logged with the unmodified MLflow client, released to endpoints of their own."""

import os
import time
import uuid

import mlflow
import pytest
import requests

URL = os.environ.get("DHOW_URL", "")
CHECKS = [{"name": "good", "threshold": {"metric": "good", "comparison": "atLeast", "value": 1}}]


class Server:
    """The server that DHOW_URL names, as its administrator and as a person who approves."""

    def __init__(self):
        self.tokens = {"admin": os.environ["DHOW_TOKEN"]}
        person = f"approver-{uuid.uuid4().hex[:8]}"
        self.tokens["approver"] = self.post("tokens", {"principal": person})["token"]
        self.post("bindings", {"principal": person, "workspace": "default", "role": "approver"})

    def request(self, method, path, body=None, by="admin"):
        headers = {"Authorization": f"Bearer {self.tokens[by]}"}
        return requests.request(method, f"{URL}{path}", json=body, headers=headers, timeout=120)

    def post(self, path, body, by="admin"):
        answer = self.request("POST", f"/api/v1/{path}", body, by)
        assert answer.ok, answer.text
        return answer.json()

    def release(self, model, version=1):
        """Carries the version through gate and approval to an endpoint named like the model."""
        report = self.post(
            "gate-reports",
            {"gate": "g", "checks": CHECKS, "model": model, "version": version, "metrics": {"good": 1}},
        )
        approval = self.post(
            "approvals", {"endpoint": model, "model": model, "version": version, "gateReport": report["id"]}
        )
        self.post(f"approvals/{approval['id']}/decision", {"decision": "approve", "comment": "Sound."}, by="approver")
        self.post(
            "releases",
            {
                "endpoint": model,
                "model": model,
                "version": version,
                "gateReport": report["id"],
                "approval": approval["id"],
            },
        )

    def infer(self, endpoint, inputs):
        return self.request("POST", f"/v2/models/{endpoint}/infer", {"inputs": inputs})

    def outputs(self, endpoint, inputs):
        """By name; asks again while the answer is that it is not there yet."""
        end = time.monotonic() + 110
        while True:
            answer = self.infer(endpoint, inputs)
            if answer.status_code != 503 or time.monotonic() > end:
                break
        assert answer.ok, answer.text
        return {output["name"]: output["data"] for output in answer.json()["outputs"]}


@pytest.fixture(scope="session")
def server():
    os.environ["MLFLOW_TRACKING_URI"] = URL
    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DHOW_TOKEN"]
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    mlflow.set_tracking_uri(URL)
    return Server()


@pytest.fixture
def name():
    return f"m-{uuid.uuid4().hex[:10]}"
