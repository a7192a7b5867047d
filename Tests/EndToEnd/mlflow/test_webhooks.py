# SPDX-License-Identifier: Apache-2.0
"""Webhooks through the unmodified client, with a receiver that listens at 127.0.0.2, the one local address the server may go to."""

import base64
import hashlib
import hmac
import json
import os
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from mlflow.exceptions import MlflowException, RestException

webhooks = pytest.importorskip("mlflow.entities.webhook", reason="this client has no webhooks")

SECRET = "a secret of the tests"


class Receiver:
    """Answers with the statuses it was given, then with 200, and remembers what came."""

    def __init__(self):
        self.requests = []
        self.statuses = []
        self.body = b"thanks"
        self.arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.arrived:
                    status = receiver.statuses.pop(0) if receiver.statuses else 200
                    receiver.requests.append((self.path, dict(self.headers), body))
                    receiver.arrived.notify_all()
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
        self.url = f"http://127.0.0.2:{self.server.server_port}/hook?a=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=30):
        """The first `count` requests, as (headers, body as JSON)."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.requests) >= count, seconds), self.requests
            return [(headers, json.loads(body)) for _, headers, body in self.requests[:count]]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def hook(client, receiver, unique):
    """Makes webhooks that are deleted afterwards."""
    made = []

    def make(*events, **further):
        webhook = client.create_webhook(
            further.pop("name", unique), further.pop("url", receiver.url), [webhooks.WebhookEvent.from_str(event) for event in events], **further
        )
        made.append(webhook.webhook_id)
        return webhook

    yield make
    for webhook in made:
        try:
            client.delete_webhook(webhook)
        except RestException:
            pass


def native(server, method, path, **further):
    answer = requests.request(
        method, f"{server}/api/v1/{path}", headers={"Authorization": f"Bearer {os.environ['DHOW_TOKEN']}"}, timeout=30, **further
    )
    answer.raise_for_status()
    return answer.json()


def deliveries(server, webhook, state, count, seconds=30):
    """Waits until as many deliveries are in a state."""
    end = time.monotonic() + seconds
    while True:
        items = native(server, "GET", f"webhooks/{webhook.webhook_id}/deliveries?state={state}")["items"]
        if len(items) >= count or time.monotonic() > end:
            assert len(items) == count, items
            return items
        time.sleep(0.05)


def test_webhook_life(client, hook, unique, receiver):
    webhook = hook("registered_model.created", description="for the chat", secret=SECRET)
    assert webhook.name == unique
    assert webhook.url == receiver.url
    assert webhook.description == "for the chat"
    assert webhook.status == webhooks.WebhookStatus.ACTIVE
    assert webhook.events == [webhooks.WebhookEvent.from_str("registered_model.created")]
    assert webhook.secret is None
    assert webhook.creation_timestamp > 0
    assert client.get_webhook(webhook.webhook_id).name == unique

    changed = client.update_webhook(
        webhook.webhook_id,
        name=unique + "-2",
        description="for nobody",
        events=["model_version.created", "model_version_alias.created"],
        status="DISABLED",
    )
    assert changed.name == unique + "-2"
    assert changed.description == "for nobody"
    assert [str(event) for event in changed.events] == ["model_version.created", "model_version_alias.created"]
    assert changed.status == webhooks.WebhookStatus.DISABLED
    assert changed.url == webhook.url

    client.delete_webhook(webhook.webhook_id)
    with pytest.raises(RestException) as caught:
        client.get_webhook(webhook.webhook_id)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_list_in_pages(client, hook):
    made = {hook("registered_model.created", name=f"page-{uuid.uuid4().hex[:8]}").webhook_id for _ in range(5)}
    seen, token = [], None
    while True:
        page = client.list_webhooks(max_results=2, page_token=token)
        seen += [webhook.webhook_id for webhook in page]
        token = page.token
        if not token:
            break
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


def test_native_webhooks_are_not_listed_here(client, server, receiver, unique):
    made = native(
        server, "POST", "webhooks", json={"name": unique, "url": receiver.url, "events": ["version.registered"], "secret": SECRET}
    )
    try:
        assert "secret" not in made and made["isSigned"]
        assert unique not in [webhook.name for webhook in client.list_webhooks()]
        with pytest.raises(RestException, match="not found"):
            client.get_webhook(made["id"])
        client.create_registered_model(unique)
        client.create_model_version(unique, "https://example.org/model")
        (headers, event), = receiver.wait(1)
        assert event["type"] == "version.registered"
        assert event["subject"] == f"model/{unique}/1"
        assert headers["Content-Type"] == "application/cloudevents+json"
        assert headers["webhook-id"]
    finally:
        native(server, "DELETE", f"webhooks/{made['id']}")


def test_signed_events_of_a_model(client, hook, receiver, unique):
    hook(
        "registered_model.created",
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted",
        secret=SECRET,
    )
    client.create_registered_model(unique, tags={"team": "risk"}, description="a model")
    client.create_model_version(unique, "https://example.org/model", tags={"stage": "first"}, description="a version")
    # A tag's value is read a moment after it was set: see docs/webhooks.md.
    client.set_model_version_tag(unique, "1", "colour", "green")
    receiver.wait(3)
    client.delete_model_version_tag(unique, "1", "colour")
    client.set_registered_model_alias(unique, "champion", "1")
    client.delete_registered_model_alias(unique, "champion")
    found = {}
    for headers, body in receiver.wait(6):
        assert set(body) == {"entity", "action", "timestamp", "data"}
        assert headers["Content-Type"] == "application/json"
        found[f"{body['entity']}.{body['action']}"] = body["data"]
    assert found == {
        "registered_model.created": {"name": unique, "tags": {"team": "risk"}, "description": "a model"},
        "model_version.created": {
            "name": unique,
            "version": "1",
            "source": "https://example.org/model",
            "run_id": None,
            "tags": {"stage": "first"} | ({"colour": "green"} if "colour" in found["model_version.created"]["tags"] else {}),
            "description": "a version",
        },
        "model_version_tag.set": {"name": unique, "version": "1", "key": "colour", "value": "green"},
        "model_version_tag.deleted": {"name": unique, "version": "1", "key": "colour"},
        "model_version_alias.created": {"name": unique, "alias": "champion", "version": "1"},
        "model_version_alias.deleted": {"name": unique, "alias": "champion"},
    }
    for path, headers, body in receiver.requests:
        assert path == "/hook?a=1"
        signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        assert headers["X-MLflow-Signature"] == f"v1,{expected}"
        assert abs(time.time() - int(headers["X-MLflow-Timestamp"])) < 60


def test_events_of_a_prompt(client, hook, receiver, unique):
    import mlflow

    hook("prompt.created", "prompt_version.created", "prompt_alias.created", "registered_model.created", "model_version.created")
    mlflow.genai.register_prompt(unique, "Hello {{name}}!", commit_message="first")
    mlflow.genai.set_prompt_alias(unique, "live", 1)
    events = {}
    for _, body in receiver.wait(3):
        events[f"{body['entity']}.{body['action']}"] = body["data"]
    assert {"prompt.created", "prompt_version.created", "prompt_alias.created"} <= set(events)
    assert not {"registered_model.created", "model_version.created"} & set(events)
    assert events["prompt.created"]["name"] == unique
    assert events["prompt_version.created"]["template"] in ("Hello {{name}}!", json.dumps("Hello {{name}}!"))
    assert events["prompt_alias.created"] == {"name": unique, "alias": "live", "version": "1"}


def test_retries_after_an_error(client, server, hook, receiver, unique):
    receiver.statuses = [500, 503]
    webhook = hook("registered_model.created")
    client.create_registered_model(unique)
    requests_ = receiver.wait(3)
    assert len({headers["X-MLflow-Delivery-Id"] for headers, _ in requests_}) == 1
    assert all(body == requests_[0][1] for _, body in requests_)
    (delivery,) = deliveries(server, webhook, "delivered", 1)
    assert delivery["attempts"] == 3
    assert delivery["id"] == requests_[0][0]["X-MLflow-Delivery-Id"]


def test_dead_letters_are_kept_and_sent_again(client, server, hook, receiver, unique):
    receiver.statuses = [410, 302]
    webhook = hook("registered_model.created")
    client.create_registered_model(unique)
    (dead,) = deliveries(server, webhook, "dead", 1)
    assert dead["status"] == 410 and dead["attempts"] == 1
    # A redirect is not followed.
    native(server, "POST", f"webhooks/{webhook.webhook_id}/deliveries/{dead['id']}/retry")
    receiver.wait(2)
    (dead,) = deliveries(server, webhook, "dead", 1)
    while dead["status"] == 410:
        (dead,) = deliveries(server, webhook, "dead", 1)
    assert "redirects are not followed" in dead["error"]
    native(server, "POST", f"webhooks/{webhook.webhook_id}/deliveries/{dead['id']}/retry")
    deliveries(server, webhook, "delivered", 1)
    assert [path for path, _, _ in receiver.requests] == ["/hook?a=1"] * 3


def test_a_disabled_webhook_is_told_nothing(client, hook, receiver, unique):
    webhook = hook("registered_model.created", status="DISABLED")
    other = hook("registered_model.created", name=unique + "-other")
    client.create_registered_model(unique)
    receiver.wait(1)
    assert other.webhook_id != webhook.webhook_id
    assert len(receiver.requests) == 1


def test_test_takes_the_real_path(client, hook, receiver):
    webhook = hook("model_version.created", "model_version_tag.set", secret=SECRET)
    result = client.test_webhook(webhook.webhook_id)
    assert result.success and result.response_status == 200 and result.response_body == "thanks"
    result = client.test_webhook(webhook.webhook_id, event="prompt.created")
    assert result.success
    first, second = [body for _, body in receiver.wait(2)]
    assert (first["entity"], first["action"]) == ("model_version", "created")
    assert first["data"]["name"] == "example_model"
    assert (second["entity"], second["data"]["name"]) == ("prompt", "example_prompt")
    assert receiver.requests[0][1]["X-MLflow-Signature"].startswith("v1,")
    receiver.statuses = [500]
    result = client.test_webhook(webhook.webhook_id)
    assert not result.success and result.response_status == 500


def test_a_long_answer_is_cut(client, hook, receiver):
    receiver.body = b"x" * 3_000_000
    result = client.test_webhook(hook("model_version.created").webhook_id)
    assert result.success
    assert len(result.response_body) <= 65_536


def test_nobody_listens(client, hook, receiver):
    webhook = hook("model_version.created")
    receiver.close()
    result = client.test_webhook(webhook.webhook_id)
    assert not result.success and "cannot be reached" in result.error_message


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80/",
        "http://localhost/",
        "http://2130706433/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "https://192.168.1.1/",
    ],
)
def test_private_addresses_are_refused(client, hook, url):
    with pytest.raises(MlflowException, match="not a public IP address") as caught:
        hook("registered_model.created", url=url)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("url", ["ftp://example.org/", "example.org", "http://user:word@example.org/", ""])
def test_other_urls_are_refused(client, hook, url):
    with pytest.raises(MlflowException):
        hook("registered_model.created", url=url)


def test_invalid_requests(client, server, hook, unique):
    with pytest.raises(MlflowException):
        hook("registered_model.created", name="a/b")
    with pytest.raises(MlflowException, match="not an event"):
        hook("budget_policy.exceeded")
    webhook = hook("registered_model.created")
    with pytest.raises(MlflowException):
        client.update_webhook(webhook.webhook_id, url="http://127.0.0.1/")
    with pytest.raises(MlflowException):
        client.list_webhooks(max_results=0 - 1)
