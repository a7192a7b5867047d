# SPDX-License-Identifier: Apache-2.0
"""The unmodified mlflow client, from its own package index, against a running server."""

import math
import time

import mlflow
import numpy
import pytest
import requests
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException


def refusal(call, *arguments, **options):
    """The error code with which the server refuses a call."""
    with pytest.raises(MlflowException) as caught:
        call(*arguments, **options)
    return caught.value.error_code


class TestServer:
    def test_probes_need_no_token(self, server):
        assert requests.get(server + "/health", timeout=10).text == "OK"
        assert requests.get(server + "/version", timeout=10).text.startswith("3.")

    def test_all_else_does(self, server):
        answer = requests.get(server + "/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"}, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["error_code"] == "UNAUTHENTICATED"
        assert answer.headers["WWW-Authenticate"].startswith("Basic")

    def test_unknown_calls_are_told_apart_from_unknown_things(self, server, client):
        import os

        headers = {"Authorization": "Bearer " + os.environ["DHOW_TOKEN"]}
        answer = requests.post(server + "/api/2.0/mlflow/nothing/here", headers=headers, json={}, timeout=10)
        assert answer.status_code == 404
        assert answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"
        answer = requests.put(server + "/api/2.0/mlflow/runs/get", headers=headers, json={}, timeout=10)
        assert answer.status_code == 405

    def test_integers_may_be_texts_and_come_back_as_numbers(self, server, experiment):
        import os

        headers = {"Authorization": "Bearer " + os.environ["DHOW_TOKEN"]}
        body = {"experiment_id": experiment, "start_time": "123", "unknown_field": 1}
        run = requests.post(server + "/api/2.0/mlflow/runs/create", headers=headers, json=body, timeout=10).json()["run"]
        assert run["info"]["start_time"] == 123
        assert run["info"]["run_uuid"] == run["info"]["run_id"]
        assert "end_time" not in run["info"]


class TestExperiments:
    def test_default_experiment_is_there(self, client):
        assert client.get_experiment("0").name == "Default"

    def test_create_get_rename_delete_restore(self, client, unique):
        id = client.create_experiment(unique, tags={"team": "risk"})
        assert int(id) > 0
        found = client.get_experiment_by_name(unique)
        assert (found.experiment_id, found.tags["team"]) == (id, "risk")
        assert found.artifact_location == f"mlflow-artifacts:/{id}"
        client.rename_experiment(id, unique + "-b")
        assert client.get_experiment(id).name == unique + "-b"
        client.delete_experiment(id)
        assert client.get_experiment(id).lifecycle_stage == "deleted"
        assert refusal(client.create_run, id) == "INVALID_PARAMETER_VALUE"
        client.restore_experiment(id)
        assert client.get_experiment(id).lifecycle_stage == "active"

    def test_names_are_taken_once(self, client, unique):
        client.create_experiment(unique)
        assert refusal(client.create_experiment, unique) == "RESOURCE_ALREADY_EXISTS"

    def test_unknown_ones_are_not_found(self, client, unique):
        assert client.get_experiment_by_name(unique) is None
        with pytest.raises(MlflowException, match="No Experiment with id=99999999 exists"):
            client.get_experiment("99999999")

    def test_search_by_name_and_tag(self, client, unique):
        ids = [client.create_experiment(f"{unique}-{index}", tags={"kind": unique}) for index in range(3)]
        found = client.search_experiments(filter_string=f"tags.kind = '{unique}'", order_by=["name DESC"])
        assert [experiment.experiment_id for experiment in found] == ids[::-1]
        found = client.search_experiments(filter_string=f"name ILIKE '{unique.upper()}-%' AND name != '{unique}-1'")
        assert {experiment.name for experiment in found} == {f"{unique}-0", f"{unique}-2"}
        page = client.search_experiments(filter_string=f"tags.kind = '{unique}'", max_results=2)
        rest = client.search_experiments(filter_string=f"tags.kind = '{unique}'", max_results=2, page_token=page.token)
        assert (len(page), len(rest), rest.token) == (2, 1, None)

    @pytest.mark.needs("MlflowClient.delete_experiment_tag")
    def test_tags(self, client, experiment):
        client.set_experiment_tag(experiment, "owner", "amina")
        assert client.get_experiment(experiment).tags["owner"] == "amina"
        client.delete_experiment_tag(experiment, "owner")
        assert "owner" not in client.get_experiment(experiment).tags

    @pytest.mark.parametrize("place", ["/etc", "file:///etc", "mlflow-artifacts:/a/../../etc", "relative/path", "http://x/a#/../etc"])
    def test_no_location_names_a_file_of_the_server(self, client, unique, place):
        with pytest.raises(MlflowException):
            client.create_experiment(unique, artifact_location=place)


class TestRuns:
    def test_a_run_from_start_to_end(self, client, experiment):
        with mlflow.start_run(experiment_id=experiment, run_name="first") as active:
            mlflow.log_param("depth", 3)
            mlflow.log_metric("loss", 0.5, step=1)
            mlflow.log_metric("loss", 0.25, step=2)
            mlflow.log_metrics({"auc": 0.9, "bad": float("nan")})
            mlflow.set_tag("stage", "trial")
        run = client.get_run(active.info.run_id)
        assert (run.info.status, run.info.run_name, run.data.params) == ("FINISHED", "first", {"depth": "3"})
        assert run.data.metrics["loss"] == 0.25
        assert math.isnan(run.data.metrics["bad"])
        assert run.data.tags["stage"] == "trial"
        assert run.data.tags["mlflow.runName"] == "first"
        assert run.info.artifact_uri == f"mlflow-artifacts:/{experiment}/{run.info.run_id}/artifacts"
        assert run.info.end_time >= run.info.start_time

    def test_params_are_immutable(self, client, experiment):
        run = client.create_run(experiment).info.run_id
        client.log_param(run, "depth", 3)
        client.log_param(run, "depth", 3)
        with pytest.raises(MlflowException, match="Changing param values is not allowed"):
            client.log_param(run, "depth", 4)

    def test_a_batch_is_stored_whole_or_not_at_all(self, client, experiment):
        run = client.create_run(experiment).info.run_id
        client.log_param(run, "depth", "3")
        metrics = [Metric("loss", 1.0, 1, 1)]
        with pytest.raises(MlflowException):
            client.log_batch(run, metrics=metrics, params=[Param("a", "1"), Param("depth", "4")], tags=[RunTag("t", "v")])
        data = client.get_run(run).data
        assert (data.metrics, data.params, "t" in data.tags) == ({}, {"depth": "3"}, False)

    def test_batch_limits(self, client, experiment):
        run = client.create_run(experiment).info.run_id
        now = int(time.time() * 1000)
        client.log_batch(run, metrics=[Metric(f"m{index % 10}", index, now, index) for index in range(1000)])
        assert client.get_run(run).data.metrics["m9"] == 999
        client.log_batch(run, params=[Param(f"p{index}", str(index)) for index in range(100)])
        assert len(client.get_run(run).data.params) == 100

    def test_history_keeps_every_point_once(self, client, experiment):
        run = client.create_run(experiment).info.run_id
        points = [Metric("loss", 1 / (step + 1), 1000 + step, step) for step in range(500)]
        client.log_batch(run, metrics=points)
        client.log_batch(run, metrics=points)
        client.log_metric(run, "loss", float("inf"), timestamp=2000, step=500)
        history = client.get_metric_history(run, "loss")
        assert [point.step for point in history] == list(range(501))
        assert history[10].value == 1 / 11
        assert history[500].value == pytest.approx(1.7976931348623157e308)

    def test_names_statuses_and_tags_change(self, client, experiment):
        run = client.create_run(experiment, run_name="a").info.run_id
        client.update_run(run, name="b")
        assert (client.get_run(run).info.run_name, client.get_run(run).data.tags["mlflow.runName"]) == ("b", "b")
        client.set_tag(run, "mlflow.runName", "c")
        assert client.get_run(run).info.run_name == "c"
        client.set_terminated(run, status="FAILED")
        assert client.get_run(run).info.status == "FAILED"
        client.set_tag(run, "gone", "1")
        client.delete_tag(run, "gone")
        assert "gone" not in client.get_run(run).data.tags

    def test_delete_and_restore(self, client, experiment):
        run = client.create_run(experiment).info.run_id
        client.delete_run(run)
        assert client.get_run(run).info.lifecycle_stage == "deleted"
        assert client.search_runs([experiment]) == []
        assert len(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)) == 1
        assert refusal(client.log_param, run, "a", 1) == "INVALID_PARAMETER_VALUE"
        client.restore_run(run)
        assert len(client.search_runs([experiment])) == 1

    def test_unknown_runs_are_not_found(self, client):
        assert refusal(client.get_run, "0" * 32) == "RESOURCE_DOES_NOT_EXIST"

    def test_nested_runs(self, client, experiment):
        with mlflow.start_run(experiment_id=experiment) as parent:
            children = []
            for index in range(3):
                with mlflow.start_run(experiment_id=experiment, nested=True) as child:
                    mlflow.log_param("index", index)
                    children.append(child.info.run_id)
        found = client.search_runs([experiment], filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
        assert {run.info.run_id for run in found} == set(children)

    def test_inputs_and_outputs(self, client, experiment):
        run = client.create_run(experiment).info.run_id
        dataset = Dataset(name="flights", digest="abc", source_type="local", source="{}", schema='{"a":1}', profile="{}")
        client.log_inputs(run, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
        inputs = client.get_run(run).inputs.dataset_inputs
        assert [(item.dataset.name, item.dataset.digest, item.tags[0].value) for item in inputs] == [("flights", "abc", "training")]
        assert len(client.search_runs([experiment], "dataset.name = 'flights' AND dataset.context = 'training'")) == 1
        assert client.search_runs([experiment], "dataset.name = 'other'") == []


class TestSearch:
    @pytest.fixture
    def runs(self, client, experiment):
        ids = []
        for index in range(6):
            run = client.create_run(experiment, run_name=f"run-{index}", start_time=1000 + index).info.run_id
            client.log_batch(
                run,
                metrics=[Metric("auc", index / 10, 1, 0)] + ([Metric("train loss", float(index), 1, 0)] if index % 2 else []),
                params=[Param("model", "tree" if index < 3 else "Forest"), Param("max depth", str(index))],
                tags=[RunTag("team", "risk" if index else "fraud")],
            )
            ids.append(run)
        return ids

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("metrics.auc > 0.2", [3, 4, 5]),
            ("metrics.auc >= 0.2 AND metrics.auc <= 0.3", [2, 3]),
            ("metrics.auc != 0.2 and params.model = 'tree'", [0, 1]),
            ("params.model LIKE 'tr%'", [0, 1, 2]),
            ("params.model LIKE 'for%'", []),
            ("params.model ILIKE 'for%'", [3, 4, 5]),
            ("params.`max depth` = '4'", [4]),
            ('params."max depth" IN (\'1\', \'2\')', [1, 2]),
            ("metrics.`train loss` < 4", [1, 3]),
            ("tags.team != 'risk'", [0]),
            ("attributes.run_name = 'run-5'", [5]),
            ("run_name LIKE 'run-%' AND attributes.start_time > 1003", [4, 5]),
            ("attributes.status = 'RUNNING'", [0, 1, 2, 3, 4, 5]),
            ("params.none = 'x'", []),
            ("params.none IS NULL AND metrics.auc < 0.1", [0]),
            ("tags.mlflow.runName = 'run-2'", [2]),
        ],
    )
    def test_filters(self, client, experiment, runs, text, expected):
        found = client.search_runs([experiment], filter_string=text, order_by=["attributes.start_time ASC"])
        assert [runs.index(run.info.run_id) for run in found] == expected

    def test_attribute_lists(self, client, experiment, runs):
        found = client.search_runs([experiment], f"attributes.run_id IN ('{runs[1]}', '{runs[4]}')")
        assert {run.info.run_id for run in found} == {runs[1], runs[4]}

    def test_orders_put_missing_values_last(self, client, experiment, runs):
        for order, expected in [
            (["metrics.`train loss` DESC"], [5, 3, 1]),
            (["metrics.`train loss` ASC"], [1, 3, 5]),
        ]:
            found = [runs.index(run.info.run_id) for run in client.search_runs([experiment], order_by=order)]
            assert found[:3] == expected
            assert set(found[3:]) == {0, 2, 4}
        newest = client.search_runs([experiment])
        assert [runs.index(run.info.run_id) for run in newest] == [5, 4, 3, 2, 1, 0]

    def test_pages_meet_without_gap_or_repetition(self, client, experiment, runs):
        for order in [None, ["metrics.`train loss` DESC"], ["params.model ASC", "metrics.auc DESC"]]:
            whole = [run.info.run_id for run in client.search_runs([experiment], order_by=order)]
            pages, token = [], None
            while True:
                page = client.search_runs([experiment], order_by=order, max_results=2, page_token=token)
                pages += [run.info.run_id for run in page]
                token = page.token
                if not token:
                    break
            assert pages == whole

    @pytest.mark.parametrize("text", ["metrics.auc > 0.1 OR metrics.auc < 0", "nonsense", "metrics.auc > 'x'", "params.a > '1'", "tags.a ="])
    def test_malformed_filters_are_refused(self, client, experiment, text):
        assert refusal(client.search_runs, [experiment], text) == "INVALID_PARAMETER_VALUE"


class TestArtifacts:
    def test_up_list_down_delete(self, client, experiment, tmp_path):
        run = client.create_run(experiment).info.run_id
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a b%.txt").write_text("hello")
        (tmp_path / "in" / "deep").mkdir()
        payload = numpy.random.default_rng(1).bytes(3_000_000)
        (tmp_path / "in" / "deep" / "weights.bin").write_bytes(payload)
        client.log_artifacts(run, tmp_path / "in", "model")
        client.log_text(run, "<script>", "note.html")
        assert {(item.path, item.is_dir) for item in client.list_artifacts(run)} == {("model", True), ("note.html", False)}
        listed = {(item.path, item.is_dir, item.file_size) for item in client.list_artifacts(run, "model")}
        assert listed == {("model/a b%.txt", False, 5), ("model/deep", True, None)}
        assert client.list_artifacts(run, "note.html") == []
        down = client.download_artifacts(run, "model", tmp_path)
        assert (tmp_path / "model" / "deep" / "weights.bin").read_bytes() == payload
        assert (tmp_path / "model" / "a b%.txt").read_text() == "hello"
        assert down.endswith("model")
        from mlflow.store.artifact.artifact_repository_registry import (
            get_artifact_repository,
        )

        get_artifact_repository(client.get_run(run).info.artifact_uri).delete_artifacts("model")
        assert [item.path for item in client.list_artifacts(run)] == ["note.html"]

    def test_headers_ranges_and_paths(self, server, client, experiment):
        import os

        run = client.create_run(experiment).info.run_id
        client.log_text(run, "0123456789", "digits.txt")
        base = f"{server}/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/"
        headers = {"Authorization": "Bearer " + os.environ["DHOW_TOKEN"]}
        answer = requests.get(base + "digits.txt", headers=headers, timeout=10)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        answer = requests.get(base + "digits.txt", headers=headers | {"Range": "bytes=2-4"}, timeout=10)
        assert (answer.status_code, answer.text, answer.headers["Content-Range"]) == (206, "234", "bytes 2-4/10")
        assert requests.get(base + "none.txt", headers=headers, timeout=10).status_code == 404
        for path in ["%2e%2e/x", "..%2fx", "%252e%252e%252fx", "a%00b", "a//b", "a%5Cb"]:
            session = requests.Session()
            request = requests.Request("PUT", base + "x", headers=headers, data=b"x").prepare()
            request.url = base + path
            assert session.send(request, timeout=10).status_code == 400, path


@pytest.mark.needs("initialize_logged_model")
class TestLoggedModels:
    def test_a_logged_model_from_start_to_end(self, client, experiment):
        with mlflow.start_run(experiment_id=experiment) as run:
            model = mlflow.initialize_logged_model(name="scorer", params={"depth": "3"}, tags={"team": "risk"}, model_type="tree")
            mlflow.log_metric("auc", 0.9, model_id=model.model_id)
            mlflow.finalize_logged_model(model.model_id, "READY")
        found = mlflow.get_logged_model(model.model_id)
        assert (found.name, found.status, found.params, found.tags["team"]) == ("scorer", "READY", {"depth": "3"}, "risk")
        assert found.source_run_id == run.info.run_id
        assert [(metric.key, metric.value) for metric in found.metrics] == [("auc", 0.9)]
        mlflow.set_logged_model_tags(model.model_id, {"reviewed": "yes"})
        assert mlflow.get_logged_model(model.model_id).tags["reviewed"] == "yes"
        mlflow.delete_logged_model_tag(model.model_id, "reviewed")
        assert "reviewed" not in mlflow.get_logged_model(model.model_id).tags
        hits = mlflow.search_logged_models([experiment], filter_string="metrics.auc > 0.5 AND params.depth = '3'", output_format="list")
        assert [hit.model_id for hit in hits] == [model.model_id]
        ordered = mlflow.search_logged_models(
            [experiment], order_by=[{"field_name": "metrics.auc", "ascending": False}], output_format="list")
        assert len(ordered) == 1
        client.delete_logged_model(model.model_id)
        assert refusal(client.get_logged_model, model.model_id) == "RESOURCE_DOES_NOT_EXIST"


class TestRegistry:
    @pytest.fixture
    def trained(self, experiment):
        """A run of scikit-learn under autologging, with its model logged."""
        from sklearn.datasets import load_iris
        from sklearn.linear_model import LogisticRegression

        mlflow.sklearn.autolog(log_input_examples=True, silent=True)
        features, labels = load_iris(return_X_y=True)
        with mlflow.start_run(experiment_id=experiment) as run:
            model = LogisticRegression(max_iter=200).fit(features, labels)
            score = model.score(features, labels)
        mlflow.sklearn.autolog(disable=True)
        return run.info.run_id, model, features, score

    @pytest.mark.needs("entities.Run.outputs")
    def test_autologging_registering_and_loading_by_alias(self, client, unique, trained):
        run, model, features, _ = trained
        data = client.get_run(run).data
        assert data.params["max_iter"] == "200"
        assert data.metrics["training_accuracy_score"] > 0.9
        outputs = client.get_run(run).outputs.model_outputs
        assert len(outputs) == 1
        version = mlflow.register_model(f"models:/{outputs[0].model_id}", unique)
        assert version.version == "1" or version.version == 1
        client.set_registered_model_alias(unique, "champion", 1)
        loaded = mlflow.sklearn.load_model(f"models:/{unique}@champion")
        assert (loaded.predict(features) == model.predict(features)).all()
        pyfunc = mlflow.pyfunc.load_model(f"models:/{unique}/1")
        assert (pyfunc.predict(features) == model.predict(features)).all()
        found = client.get_model_version_by_alias(unique, "champion")
        assert (str(found.version), found.run_id, found.aliases) == ("1", run, ["champion"])
        client.delete_registered_model_alias(unique, "champion")
        assert refusal(client.get_model_version_by_alias, unique, "champion") == "RESOURCE_DOES_NOT_EXIST"

    def test_versions_keep_their_files_when_the_run_loses_them(self, client, unique, experiment, tmp_path):
        run = client.create_run(experiment).info.run_id
        client.log_text(run, "weights 1", "model/weights.txt")
        client.create_registered_model(unique)
        version = client.create_model_version(unique, f"runs:/{run}/model", run_id=run)
        assert str(version.version) == "1"
        client.log_text(run, "weights 2", "model/weights.txt")
        uri = client.get_model_version_download_uri(unique, "1")
        path = mlflow.artifacts.download_artifacts(artifact_uri=f"{uri}/weights.txt", dst_path=str(tmp_path))
        with open(path) as file:
            assert file.read() == "weights 1"
        again = client.create_model_version(unique, client.get_run(run).info.artifact_uri + "/model", run_id=run)
        assert str(again.version) == "2"
        copied = client.copy_model_version(f"models:/{unique}/1", unique + "-copy")
        assert str(copied.version) == "1"

    def test_models(self, client, unique):
        client.create_registered_model(unique, tags={"team": "risk"}, description="scores")
        assert refusal(client.create_registered_model, unique) == "RESOURCE_ALREADY_EXISTS"
        client.update_registered_model(unique, description="scores better")
        client.set_registered_model_tag(unique, "owner", "amina")
        model = client.get_registered_model(unique)
        assert (model.description, model.tags) == ("scores better", {"team": "risk", "owner": "amina"})
        client.delete_registered_model_tag(unique, "owner")
        found = client.search_registered_models(f"name LIKE '{unique}%' AND tags.team = 'risk'", order_by=["name DESC"])
        assert [model.name for model in found] == [unique]
        client.rename_registered_model(unique, unique + "-b")
        assert refusal(client.get_registered_model, unique) == "RESOURCE_DOES_NOT_EXIST"
        client.delete_registered_model(unique + "-b")
        assert refusal(client.get_registered_model, unique + "-b") == "RESOURCE_DOES_NOT_EXIST"

    def test_versions_stages_and_tags(self, client, unique, experiment):
        run = client.create_run(experiment).info.run_id
        client.log_text(run, "x", "model/x.txt")
        client.create_registered_model(unique)
        for _ in range(3):
            client.create_model_version(unique, f"runs:/{run}/model", run_id=run, tags={"kind": "tree"})
        client.update_model_version(unique, "2", description="second")
        client.set_model_version_tag(unique, "2", "reviewed", "yes")
        second = client.get_model_version(unique, "2")
        assert (second.description, second.tags, second.current_stage) == ("second", {"kind": "tree", "reviewed": "yes"}, "None")
        client.delete_model_version_tag(unique, "2", "reviewed")
        client.transition_model_version_stage(unique, "1", "Production")
        client.transition_model_version_stage(unique, "2", "Production", archive_existing_versions=True)
        assert client.get_model_version(unique, "1").current_stage == "Archived"
        latest = client.get_latest_versions(unique, stages=["Production"])
        assert [str(version.version) for version in latest] == ["2"]
        found = client.search_model_versions(f"name = '{unique}' AND tags.kind = 'tree'", order_by=["version_number ASC"])
        assert [str(version.version) for version in found] == ["1", "2", "3"]
        assert len(client.search_model_versions(f"run_id = '{run}'")) == 3
        client.delete_model_version(unique, "3")
        assert refusal(client.get_model_version, unique, "3") == "RESOURCE_DOES_NOT_EXIST"
        assert str(client.create_model_version(unique, f"runs:/{run}/model").version) == "4"

    @pytest.mark.parametrize("alias", ["v12", "latest", "a b", ""])
    def test_reserved_aliases_are_refused(self, client, unique, alias):
        client.create_registered_model(unique)
        with pytest.raises(MlflowException):
            client.set_registered_model_alias(unique, alias, "1")

    @pytest.mark.parametrize("source", ["/etc/passwd", "file:///etc", "mlflow-artifacts:/../x", "runs:/../../etc", "models:/../x"])
    def test_no_source_names_a_file_of_the_server(self, client, unique, source):
        client.create_registered_model(unique)
        with pytest.raises(MlflowException):
            client.create_model_version(unique, source)

    @pytest.mark.needs("genai")
    def test_prompts_are_kept_apart_from_models(self, client, unique):
        mlflow.genai.register_prompt(name=unique, template="Say {{word}}.")
        assert mlflow.genai.load_prompt(f"prompts:/{unique}/1").template == "Say {{word}}."
        assert client.search_registered_models(f"name = '{unique}'") == []
