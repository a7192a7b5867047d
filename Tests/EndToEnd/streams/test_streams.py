# SPDX-License-Identifier: Apache-2.0
"""Streams, with the unmodified CloudEvents SDK on the other side, and a real Redis."""

import contextlib
import datetime
import json
import os
import pathlib
import socket
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml
from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

PASSWORD = "a secret of the tests"


def declare(dhow, name, **spec):
    dhow.write(f"{name}.yaml", yaml.safe_dump({"apiVersion": "dhow/v1", "kind": "Stream", "metadata": {"name": name}, "spec": spec}))
    dhow("apply", f"{name}.yaml", "--source", f"tests-{name}")


def post(dhow, stream, body, headers):
    request = urllib.request.Request(
        f"{os.environ['DHOW_URL']}/api/v1/streams/{stream}/events",
        data=body,
        headers={
            **headers,
            "Authorization": f"Bearer {os.environ['DHOW_TOKEN']}",
            "Dhow-Workspace": dhow.environment["DHOW_WORKSPACE"],
        },
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 202
        return json.load(answer)


def event(number, **data):
    time = datetime.datetime(2026, 1, 31, 12, 0, number, tzinfo=datetime.UTC)
    return CloudEvent(
        {"id": str(number), "source": "/tests/ü", "type": "label.known", "time": time, "datacontenttype": "application/json"}, data
    )


def test_the_sdk_writes_what_streams_take(dhow):
    declare(dhow, "labels", records="labels", endpoint="flights", **{"from": {"http": {}}})
    for number, write in enumerate([http.to_structured_event, http.to_binary_event]):
        message = write(event(number, prediction=f"p{number}", value=number))
        assert post(dhow, "labels", message.body, message.headers)["taken"] == 1
        assert post(dhow, "labels", message.body, message.headers)["repeated"] == 1
    batch = b"[" + b",".join(http.to_structured_event(event(n, prediction=f"p{n}", value=n)).body for n in range(4)) + b',{"id":"bad"}]'
    answer = post(dhow, "labels", batch, {"content-type": "application/cloudevents-batch+json"})
    assert (answer["taken"], answer["repeated"], [item["code"] for item in answer["refused"]]) == (2, 2, ["streams.event.malformed"])
    shown = dhow.json("stream", "show", "labels")
    assert (shown["taken"], shown["repeated"], shown["refused"], shown["letters"]) == (4, 4, 1, 1)
    (letter,) = dhow.json("stream", "letters", "labels")
    assert json.loads(letter["body"]) == {"id": "bad"}
    dhow("stream", "retry", "labels", letter["id"], status=10)
    (letter,) = dhow.json("stream", "letters", "labels")
    dhow("stream", "discard", "labels", letter["id"])
    assert dhow.json("stream", "letters", "labels") == []
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(dhow, "labels", b'{"x": 1}', {"content-type": "application/json"})
    assert refused.value.code == 400
    dhow("stream", "pause", "labels")
    assert dhow.json("stream", "list")[0]["paused"]
    dhow("stream", "delete", "labels")


class Redis:
    def __init__(self, port):
        self.port = port

    def __call__(self, *arguments):
        result = subprocess.run(
            ["redis-cli", "-h", "127.0.0.2", "-p", str(self.port), "--json", "-3", *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "REDISCLI_AUTH": PASSWORD},
        )
        return json.loads(result.stdout)

    def entries(self, key, count):
        """So many entries, as headers and body; waits for them."""
        entries, last = [], "0-0"
        while len(entries) < count:
            answer = self("XREAD", "COUNT", "100", "BLOCK", "60000", "STREAMS", key, last)
            assert answer, "no entry within a minute"
            for last, fields in answer[key]:
                fields = dict(zip(fields[::2], fields[1::2], strict=True))
                entries.append((fields.pop("data"), fields))
        return entries


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    folder: pathlib.Path = tmp_path_factory.mktemp("redis")
    with subprocess.Popen(
        ["redis-server", "--bind", "127.0.0.2", "--port", str(port), "--requirepass", PASSWORD, "--save", "", "--dir", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        for line in server.stdout:
            if "Ready to accept connections" in line:
                break
        yield Redis(port)
        server.kill()


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_the_sdk_reads_what_streams_send(dhow, redis, mode):
    dhow.write("password.txt", json.dumps({f"127.0.0.2:{redis.port}": PASSWORD}))
    dhow("secret", "set", "redis", "--file", "password.txt")
    place = {"server": f"127.0.0.2:{redis.port}", "key": f"news-{mode}", "passwordSecret": "redis"}
    declare(dhow, "news", events=["secret.*"], subject="secret/told", mode=mode, to={"redis": place})
    dhow.write("value.txt", "v")
    dhow("secret", "set", "other", "--file", "value.txt")
    dhow("secret", "set", "told", "--file", "value.txt")
    dhow("secret", "set", "told", "--file", "value.txt")
    events = [
        kafka.from_kafka(kafka.KafkaMessage({name: value.encode() for name, value in headers.items()}, None, body.encode()), JSONFormat())
        for body, headers in redis.entries(f"news-{mode}", 2)
    ]
    assert [item.get_type() for item in events] == ["secret.created", "secret.changed"]
    assert {item.get_source() for item in events} == {f"/workspaces/{dhow.environment['DHOW_WORKSPACE']}"}
    assert {item.get_subject() for item in events} == {"secret/told"}
    first, second = (int(item.get_extension("sequence")) for item in events)
    assert first < second
    assert set(events[0].get_data()) == {"actor", "details"}
    assert PASSWORD not in json.dumps(dhow.json("stream", "show", "news"))
    # Its own records come back in through another stream.
    declare(dhow, "back", records="features", service="told", **{"from": {"redis": place}})
    for data in ('{"entity": "e", "x": 1}', '{"entity": "e", "x": 2}'):
        redis("XADD", f"news-{mode}", "*", "ce_specversion", "1.0", "ce_id", data, "ce_source", "/t", "ce_type", "t", "data", data)
    redis("XADD", f"news-{mode}", "*", "data", "nonsense")
    # The ledger's events are rows of their subject. Commands take long enough to ask until all are there.
    for _ in range(600):
        shown = dhow.json("stream", "show", "back")
        if shown["taken"] + shown["refused"] >= 5:
            break
    assert (shown["taken"], shown["refused"]) == (4, 1), shown
    for name in ("news", "back"):
        dhow("stream", "delete", name)
