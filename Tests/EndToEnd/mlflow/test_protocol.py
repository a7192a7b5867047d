# SPDX-License-Identifier: Apache-2.0
"""MLflow's limits, defaults and refusals, one by one, over plain HTTP."""

import os
import time

import pytest
import requests


@pytest.fixture
def call(server):
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + os.environ["DHOW_TOKEN"]

    def call(path, body=None, **query):
        url = f"{server}/api/2.0/mlflow/{path}"
        if body is None:
            return session.get(url, params=query, timeout=60)
        if isinstance(body, (bytes, str)):
            return session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=60)
        return session.post(url, json=body, timeout=60)

    return call


@pytest.fixture
def run(client, experiment):
    return client.create_run(experiment).info.run_id


def refused(answer, message=""):
    """The answer is MLflow's refusal of a value, and tells nothing of the database."""
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), answer.text
    assert message in answer.json()["message"], answer.text
    for word in ["SELECT", "INSERT", "sqlite", "postgres", "constraint"]:
        assert word not in answer.text
    return True


def metric(key="m", value=1.0, timestamp=1, step=0):
    return {"key": key, "value": value, "timestamp": timestamp, "step": step}


class TestBatches:
    @pytest.mark.parametrize(
        ("kind", "count", "message"), [("metrics", 1001, "at most 1000 metrics"), ("params", 101, "at most 100 params"), ("tags", 101, "at most 100 tags")])
    def test_most_of_each_kind(self, call, run, kind, count, message):
        items = [metric(f"k{index}") if kind == "metrics" else {"key": f"k{index}", "value": "1"} for index in range(count)]
        refused(call("runs/log-batch", {"run_id": run, kind: items}), message)
        assert call("runs/log-batch", {"run_id": run, kind: items[:-1]}).status_code == 200

    def test_most_in_all(self, call, run):
        body = {"run_id": run, "metrics": [metric(step=step) for step in range(1000)], "tags": [{"key": "t", "value": "1"}]}
        refused(call("runs/log-batch", body), "at most 1000 metrics, params, and tags")

    def test_a_param_named_twice(self, call, run):
        params = [{"key": "a", "value": "1"}, {"key": "a", "value": "1"}]
        refused(call("runs/log-batch", {"run_id": run, "params": params}), "Duplicate parameter keys")

    def test_a_batch_of_more_than_a_megabyte(self, call, run):
        params = [{"key": f"p{index}", "value": "x" * 6000} for index in range(100)]
        tags = [{"key": f"t{index}", "value": "x" * 8000} for index in range(100)]
        assert call("runs/log-batch", {"run_id": run, "params": params, "tags": tags}).status_code == 200

    def test_an_empty_batch(self, call, run):
        assert call("runs/log-batch", {"run_id": run}).json() == {}


class TestKeysAndValues:
    @pytest.mark.parametrize("key", ["a" * 251, "", "a//b", "/a", "a/", "../a", "a/../b", ".", "..", "a;b", "a\nb", "a#b", "a*"])
    def test_keys_that_are_refused(self, call, run, key):
        assert refused(call("runs/log-metric", {"run_id": run} | metric(key)))
        assert refused(call("runs/log-parameter", {"run_id": run, "key": key, "value": "1"}))
        assert refused(call("runs/set-tag", {"run_id": run, "key": key, "value": "1"}))

    @pytest.mark.parametrize("key", ["a" * 250, "é" * 250, "a b", "a-b_c.d:e", "a/b", "größe"])
    def test_keys_that_are_taken(self, call, client, run, key):
        assert call("runs/log-metric", {"run_id": run} | metric(key)).status_code == 200
        assert call("runs/log-parameter", {"run_id": run, "key": key, "value": "1"}).status_code == 200
        assert call("runs/set-tag", {"run_id": run, "key": key, "value": "1"}).status_code == 200
        assert (client.get_run(run).data.metrics, client.get_run(run).data.params) == ({key: 1.0}, {key: "1"})

    @pytest.mark.parametrize("letter", ["x", "é", "漢"])
    def test_long_values_are_cut_and_the_run_says_so(self, call, client, run, letter):
        body = {
            "run_id": run,
            "params": [{"key": "long", "value": letter * 6001}, {"key": "fits", "value": letter * 6000}],
            "tags": [{"key": "wide", "value": letter * 8001}, {"key": "fits", "value": letter * 8000}],
        }
        assert call("runs/log-batch", body).status_code == 200
        data = client.get_run(run).data
        assert data.params == {"long": letter * 6000, "fits": letter * 6000}
        assert (data.tags["wide"], data.tags["fits"]) == (letter * 8000, letter * 8000)
        assert data.tags["dhow.truncated"] == "param 'long', tag 'wide'"
        # Logging the same again is no change of the param.
        assert call("runs/log-batch", body).status_code == 200

    def test_params_are_immutable(self, call, run):
        for _ in range(2):
            assert call("runs/log-parameter", {"run_id": run, "key": "a", "value": "1"}).status_code == 200
        refused(call("runs/log-parameter", {"run_id": run, "key": "a", "value": "2"}), "Changing param values is not allowed")

    def test_numbers_that_are_none(self, call, run):
        for key, sent, given in [
            ("nan", "NaN", "NaN"), ("up", "Infinity", 1.7976931348623157e308), ("down", "-Infinity", -1.7976931348623157e308),
        ]:
            assert call("runs/log-metric", {"run_id": run} | metric(key, sent)).status_code == 200
            assert call("metrics/get-history", run_id=run, metric_key=key).json()["metrics"][0]["value"] == given

    @pytest.mark.parametrize(
        "change", [{"timestamp": -1}, {"value": True}, {"value": "x"}, {"value": None}, {"timestamp": None}, {"timestamp": 1.5}, {"step": "a"},
                   {"step": 2**63}, {"timestamp": 2**64}, {"value": [1]}, {"key": None}, {"key": {"a": 1}}])
    def test_metrics_that_are_refused(self, call, run, change):
        assert refused(call("runs/log-metric", {"run_id": run} | metric() | change))
        assert refused(call("runs/log-batch", {"run_id": run, "metrics": [metric() | change]}))

    def test_the_same_point_again_is_one_point(self, call, run):
        for _ in range(3):
            assert call("runs/log-batch", {"run_id": run, "metrics": [metric(), metric()]}).status_code == 200
        assert len(call("metrics/get-history", run_id=run, metric_key="m").json()["metrics"]) == 1


class TestExperiments:
    def test_names(self, call, unique):
        assert refused(call("experiments/create", {}), "Missing value for required parameter 'name'")
        assert refused(call("experiments/create", {"name": ""}))
        assert refused(call("experiments/create", {"name": "x" * 501}))
        assert call("experiments/create", {"name": unique + "é" * (500 - len(unique))}).status_code == 200
        assert call("experiments/create", {"name": unique}).status_code == 200
        again = call("experiments/create", {"name": unique})
        assert (again.status_code, again.json()["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")

    def test_a_name_stays_taken_after_deletion(self, call, client, unique):
        client.delete_experiment(client.create_experiment(unique))
        assert call("experiments/create", {"name": unique}).json()["error_code"] == "RESOURCE_ALREADY_EXISTS"

    def test_long_tags_are_refused(self, call, experiment):
        assert call("experiments/set-experiment-tag", {"experiment_id": experiment, "key": "a", "value": "é" * 20000}).status_code == 200
        assert refused(call("experiments/set-experiment-tag", {"experiment_id": experiment, "key": "a", "value": "x" * 20001}), "20000")

    @pytest.mark.parametrize("id", ["abc", "1.5", "1 OR 1=1", "99999999999999999999"])
    def test_ids_are_whole_numbers(self, call, id):
        assert refused(call("experiments/get", experiment_id=id), "Invalid experiment ID")
        assert refused(call("runs/search", {"experiment_ids": [id]}), "Invalid experiment ID")

    def test_what_is_unknown(self, call):
        for answer in [
            call("experiments/get", experiment_id="999999"), call("experiments/get-by-name", experiment_name="no such"),
            call("runs/get", run_id="0" * 32), call("runs/create", {"experiment_id": "999999"}),
        ]:
            assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


class TestPages:
    @pytest.mark.parametrize("path", ["runs/search", "experiments/search", "logged-models/search"])
    @pytest.mark.parametrize("size", [0, -1, 50001, "x", 1.5])
    def test_sizes_that_are_refused(self, call, experiment, path, size):
        assert refused(call(path, {"experiment_ids": [experiment], "max_results": size}))

    def test_sizes_of_the_registry(self, call):
        assert refused(call("registered-models/search", max_results=1001))
        assert call("registered-models/search", max_results=1000).status_code == 200
        assert refused(call("model-versions/search", max_results=200001))
        assert call("model-versions/search", max_results=200000).status_code == 200

    @pytest.mark.parametrize("token", ["x", "bm9wZQ==", "e30=", "W10=", "WzFd", "'; DROP TABLE run"])
    def test_tokens_that_no_page_gave(self, call, experiment, token):
        assert refused(call("runs/search", {"experiment_ids": [experiment], "page_token": token}))

    def test_views(self, call, client, experiment):
        kept, gone = (client.create_run(experiment).info.run_id for _ in range(2))
        client.delete_run(gone)

        def found(**view):
            runs = call("runs/search", {"experiment_ids": [experiment]} | view).json().get("runs", [])
            return {run["info"]["run_id"] for run in runs}

        assert found() == found(run_view_type="ACTIVE_ONLY") == {kept}
        assert found(run_view_type="DELETED_ONLY") == {gone}
        assert found(run_view_type="ALL") == {kept, gone}
        assert refused(call("runs/search", {"experiment_ids": [experiment], "run_view_type": "SOME"}))


class TestRegistry:
    def test_tags(self, call, unique):
        assert call("registered-models/create", {"name": unique}).status_code == 200
        assert call("registered-models/set-tag", {"name": unique, "key": "k" * 250, "value": "é" * 100000}).status_code == 200
        assert refused(call("registered-models/set-tag", {"name": unique, "key": "k" * 251, "value": "x"}))
        assert refused(call("registered-models/set-tag", {"name": unique, "key": "k", "value": "x" * 100001}))

    @pytest.mark.parametrize("name", ["", "a/b", "a:b", "..", "."])
    def test_names_that_are_refused(self, call, name):
        assert refused(call("registered-models/create", {"name": name}))

    @pytest.mark.parametrize("alias", ["", "latest", "LATEST", "v1", "V12", "a b", "a.b", "a/b", "x" * 256])
    def test_aliases_that_are_refused(self, call, unique, alias):
        call("registered-models/create", {"name": unique})
        assert refused(call("registered-models/alias", {"name": unique, "alias": alias, "version": "1"}))


class TestDatasets:
    def inputs(self, run, **change):
        dataset = {"name": "d", "digest": "1", "source_type": "local", "source": "s"} | change
        return {"run_id": run, "datasets": [{"dataset": dataset, "tags": []}]}

    @pytest.mark.parametrize(("field", "limit"), [("name", 500), ("digest", 36), ("source", 65535), ("schema", 1048575)])
    def test_lengths(self, call, run, field, limit):
        assert call("runs/log-inputs", self.inputs(run, **{field: "x" * limit})).status_code == 200
        assert refused(call("runs/log-inputs", self.inputs(run, **{field: "x" * (limit + 1)})), str(limit))

    @pytest.mark.parametrize("field", ["name", "digest", "source_type", "source"])
    def test_what_is_required(self, call, run, field):
        assert refused(call("runs/log-inputs", self.inputs(run, **{field: None})), f"required parameter '{field}'")


class TestOddJSON:
    BODIES = (
        b"", b"null", b"[]", b"1", b'"x"', b"{", b'{"a"', b"{]", b"\xff\xfe", b'{"run_id": "\\ud800"}', b'{"run_id": "a\\u0000b"}', b"[" * 100000,
        b'{"run_id": null}', b'{"run_id": []}', b'{"run_id": {}}', b'{"run_id": true}', b'{"run_id": 1e999}', b'{"experiment_id": 1e400}',
        b'{"experiment_ids": {}}', b'{"experiment_ids": [null]}', b'{"experiment_ids": [[1]]}', b'{"experiment_ids": ["0"], "filter": 5.5}',
        b'{"experiment_ids": ["0"], "order_by": [{}]}', b'{"experiment_ids": ["0"], "max_results": 1e300}',
        b'{"experiment_ids": ["0"], "max_results": 99999999999999999999}', b'{"name": {"a": 1}}', b'{"name": ["x"]}', b'{"name": "a\\u0000b"}',
        b'{"experiment_id": "0", "tags": {"a": "b"}}', b'{"experiment_id": "0", "tags": [1]}', b'{"experiment_id": "0", "tags": [[]]}',
        b'{"experiment_id": "0", "start_time": "soon"}', b'{"experiment_id": "0", "start_time": {}}', b'{"experiment_id": "0", "run_name": []}',
        b'{"experiment_ids": ["0"], "filter": "\\u0000"}', b'{"experiment_ids": ["0"], "filter": "name = \'\\u0000\'"}',
    )
    CALLS = (
        "experiments/create", "experiments/search", "experiments/update", "experiments/set-experiment-tag", "runs/create",
        "runs/update", "runs/delete", "runs/search", "runs/log-metric", "runs/log-parameter", "runs/set-tag", "runs/log-batch", "runs/log-inputs",
        "runs/outputs", "runs/log-model", "logged-models", "logged-models/search", "registered-models/create", "registered-models/rename",
        "registered-models/set-tag", "registered-models/alias", "model-versions/create", "model-versions/set-tag", "model-versions/transition-stage",
    )

    @pytest.mark.parametrize("path", CALLS)
    def test_nothing_breaks_the_server(self, call, path):
        for body in self.BODIES:
            answer = call(path, body)
            assert answer.status_code in (200, 400, 404), (path, body[:60], answer.text)
            if answer.status_code != 200:
                assert answer.json()["error_code"] in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS")
                assert "SELECT" not in answer.text and "SQL" not in answer.text

    def test_the_last_of_repeated_members_counts(self, call, unique):
        answer = call("experiments/create", '{"name": "first", "name": "' + unique + '"}')
        assert answer.status_code == 200
        assert call("experiments/get-by-name", experiment_name=unique).status_code == 200

    def test_whole_numbers_may_be_texts(self, call, experiment):
        now = str(int(time.time() * 1000))
        answer = call("runs/create", {"experiment_id": int(experiment), "start_time": now})
        assert answer.json()["run"]["info"]["start_time"] == int(now)
