# SPDX-License-Identifier: Apache-2.0
"""Artifacts as the unmodified client moves them: in parts, by signed links, by range, and folders of many files."""

import hashlib
import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException


class Raw:
    """Plain requests to the server with the token."""

    def __init__(self, server):
        self.server = server
        self.session = requests.Session()
        self.session.headers["Authorization"] = "Bearer " + os.environ["DHOW_TOKEN"]

    def __call__(self, method, path, **options):
        url = path if path.startswith("http") else self.server + path
        return self.session.request(method, url, timeout=60, **options)

    def get(self, path, **options):
        return self("GET", path, **options)

    def post(self, path, json):
        return self("POST", path, json=json)


@pytest.fixture
def raw(server):
    return Raw(server)


@pytest.fixture
def run(client, experiment):
    return client.create_run(experiment).info.run_id


@pytest.fixture
def root(experiment, run):
    """The path of the run's artifacts in the store."""
    return f"{experiment}/{run}/artifacts"


ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"
PARTS = "/api/2.0/mlflow-artifacts/mpu/"


def begin(raw, root, name, count):
    answer = raw.post(PARTS + "create/" + root, {"path": "/home/x/" + name, "num_parts": count})
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(credential, data):
    """As the client does: without a token, to the address given."""
    answer = requests.put(credential["url"], data=data, headers=credential.get("headers"), timeout=60)
    assert answer.status_code == 200, answer.text
    return {"part_number": credential["part_number"], "etag": answer.headers["ETag"], "url": credential["url"]}


def complete(raw, root, name, upload, parts):
    body = {"path": name, "upload_id": upload["upload_id"], "parts": parts}
    return raw.post(PARTS + "complete/" + root, body)


class TestParts:
    @pytest.fixture
    def in_parts(self, monkeypatch):
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
        monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1000000")
        monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", "500000")

    def test_the_client_uploads_a_large_file_in_parts(self, client, run, raw, root, tmp_path, in_parts, monkeypatch):
        from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository

        calls = []
        original = HttpArtifactRepository.complete_multipart_upload

        def recorded(self, local_file, upload_id, parts=None, artifact_path=None):
            calls.append(len(parts))
            return original(self, local_file, upload_id, parts, artifact_path)

        monkeypatch.setattr(HttpArtifactRepository, "complete_multipart_upload", recorded)
        data = os.urandom(2_300_001)
        (tmp_path / "weights.bin").write_bytes(data)
        client.log_artifact(run, str(tmp_path / "weights.bin"), "model")
        assert calls == [5]
        assert client.list_artifacts(run, "model")[0].file_size == len(data)
        answer = raw.get(ARTIFACTS + root + "/model/weights.bin")
        assert answer.content == data
        assert answer.headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'

    def test_parts_come_in_any_order_and_again(self, raw, root):
        upload = begin(raw, root, "a.bin", 3)
        one, two, three = upload["credentials"]
        third = send(three, b"3" * 100)
        send(one, b"wrong")
        first = send(one, b"1" * 100)
        second = send(two, b"2" * 100)
        assert raw.get(ARTIFACTS + root + "/a.bin").status_code == 404
        assert complete(raw, root, "a.bin", upload, [third, first, second]).status_code == 200
        assert raw.get(ARTIFACTS + root + "/a.bin").text == "1" * 100 + "2" * 100 + "3" * 100
        assert complete(raw, root, "a.bin", upload, [first, second, third]).status_code == 200
        late = requests.put(one["url"], data=b"late", timeout=10)
        assert (late.status_code, late.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")

    def test_parts_come_at_once(self, raw, root):
        upload = begin(raw, root, "many.bin", 40)
        with ThreadPoolExecutor(8) as pool:
            parts = list(pool.map(lambda one: send(one, f"{one['part_number']:02}".encode()), upload["credentials"]))
        assert complete(raw, root, "many.bin", upload, parts).status_code == 200
        assert raw.get(ARTIFACTS + root + "/many.bin").text == "".join(f"{number:02}" for number in range(1, 41))

    def test_what_is_missing_is_named(self, raw, root):
        upload = begin(raw, root, "b.bin", 3)
        first = send(upload["credentials"][0], b"x")
        answer = complete(raw, root, "b.bin", upload, [first])
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert "2, 3" in answer.json()["message"]

    def test_an_etag_of_other_bytes_is_refused(self, raw, root):
        upload = begin(raw, root, "c.bin", 1)
        part = send(upload["credentials"][0], b"x")
        send(upload["credentials"][0], b"y")
        assert complete(raw, root, "c.bin", upload, [part]).status_code == 400

    def test_aborting_forgets_the_upload(self, raw, root):
        upload = begin(raw, root, "d.bin", 1)
        part = send(upload["credentials"][0], b"x")
        body = {"path": "d.bin", "upload_id": upload["upload_id"]}
        for _ in range(2):
            assert raw.post(PARTS + "abort/" + root, body).status_code == 200
        assert complete(raw, root, "d.bin", upload, [part]).status_code == 404
        assert raw.get(ARTIFACTS + root + "/d.bin").status_code == 404

    @pytest.mark.parametrize("body", [{}, {"path": "x", "num_parts": 0}, {"path": "x", "num_parts": 10001}, {"path": ".."}, {"path": 5, "num_parts": []}])
    def test_what_cannot_begin(self, raw, root, body):
        answer = raw.post(PARTS + "create/" + root, body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")

    def test_the_files_of_versions_cannot_be_replaced_in_parts(self, raw):
        assert raw.post(PARTS + "create/registered-models/m/1", {"path": "x", "num_parts": 1}).status_code == 400

    def test_links_cannot_be_changed_or_used_for_something_else(self, raw, root):
        upload = begin(raw, root, "e.bin", 2)
        one = upload["credentials"][0]["url"]
        link = one.split("link=")[1]
        place = one.split("/api/")[0] + "/api/2.0/mlflow-artifacts/links/"
        head, code = link.split(".")
        for bad in ["", "x", link[:-2], head + ".", head[:-4] + "AAAA." + code, link + "." + code]:
            assert requests.put(place + "part?link=" + bad, data=b"x", timeout=10).status_code in (400, 401), bad
        assert requests.put(place + "upload?link=" + link, data=b"x", timeout=10).status_code == 403
        assert requests.get(place + "download?link=" + link, timeout=10).status_code == 403


class TestLinks:
    def test_the_client_downloads_by_link_in_chunks(self, client, run, tmp_path, monkeypatch):
        data = os.urandom(1_234_567)
        (tmp_path / "data.bin").write_bytes(data)
        client.log_artifact(run, str(tmp_path / "data.bin"))
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
        monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", "200000")
        path = client.download_artifacts(run, "data.bin", str(tmp_path))
        with open(path, "rb") as file:
            assert file.read() == data

    def test_a_link_to_download_needs_no_token(self, raw, client, run, root):
        client.log_text(run, "0123456789", "digits.txt")
        for answer, name in [
            (raw.get(f"/api/2.0/mlflow-artifacts/presigned/{root}/digits.txt"), "url"),
            (raw.post("/api/2.0/mlflow/artifacts/presigned-download-url", {"run_id": run, "path": "digits.txt"}), "presigned_url"),
        ]:
            assert answer.json()["file_size"] == 10
            url = answer.json()[name]
            assert requests.get(url, timeout=10).text == "0123456789"
            part = requests.get(url, headers={"Range": "bytes=2-4"}, timeout=10)
            assert (part.status_code, part.text) == (206, "234")
            assert requests.put(url, data=b"x", timeout=10).status_code == 405
        assert raw.get(f"/api/2.0/mlflow-artifacts/presigned/{root}/none.txt").status_code == 404

    def test_a_link_to_upload_needs_no_token(self, raw, client, run):
        answer = raw.post("/api/2.0/mlflow/artifacts/presigned-upload-url", {"run_id": run, "path": "in/x.txt"})
        assert requests.put(answer.json()["presigned_url"], data=b"by link", headers=answer.json()["headers"], timeout=10).ok
        assert mlflow.artifacts.load_text(client.get_run(run).info.artifact_uri + "/in/x.txt") == "by link"

    @pytest.mark.parametrize(
        "body", [{"path": "x"}, {"path": "../x", "run_id": "RUN"}, {"path": "x", "run_id": "RUN", "model_id": "m-1"}, {"run_id": "RUN"},
                 {"path": "x", "run_id": "RUN", "expiration": 0}, {"path": "x", "run_id": "RUN", "expiration": 604801}])
    def test_what_gets_no_link(self, raw, run, body):
        body = {key: run if value == "RUN" else value for key, value in body.items()}
        answer = raw.post("/api/2.0/mlflow/artifacts/presigned-upload-url", body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")

    def test_a_link_follows_the_scheme_a_proxy_names(self, raw, root):
        answer = raw("POST", PARTS + "create/" + root, json={"path": "x", "num_parts": 1}, headers={"X-Forwarded-Proto": "https"})
        assert answer.json()["credentials"][0]["url"].startswith("https://")

    def test_a_link_ends_with_its_makers_token(self, raw, server, client, run, root, unique):
        client.log_text(run, "x", "x.txt")
        token = raw.post("/api/v1/tokens", {"principal": unique, "isService": True}).json()
        assert raw.post("/api/v1/bindings", {"principal": unique, "workspace": "default", "role": "editor"}).ok
        headers = {"Authorization": "Bearer " + token["token"]}
        url = requests.get(f"{server}/api/2.0/mlflow-artifacts/presigned/{root}/x.txt", headers=headers, timeout=10).json()["url"]
        assert requests.get(url, timeout=10).status_code == 200
        assert raw("DELETE", "/api/v1/tokens/" + token["id"]).ok
        assert requests.get(url, timeout=10).status_code == 401


class TestRanges:
    @pytest.fixture
    def url(self, client, run, root, server):
        client.log_text(run, "0123456789", "digits.txt")
        return ARTIFACTS + root + "/digits.txt"

    @pytest.mark.parametrize(
        ("range", "status", "text", "place"),
        [
            ("bytes=2-4", 206, "234", "bytes 2-4/10"), ("bytes=7-", 206, "789", "bytes 7-9/10"), ("bytes=-3", 206, "789", "bytes 7-9/10"),
            ("bytes=-99", 206, "0123456789", "bytes 0-9/10"), ("bytes=5-99", 206, "56789", "bytes 5-9/10"),
            ("bytes=0-0", 206, "0", "bytes 0-0/10"), ("bytes=10-", 416, None, "bytes */10"), ("bytes=-0", 416, None, "bytes */10"),
            ("bytes=4-2", 200, "0123456789", None), ("bytes=1-2,4-5", 200, "0123456789", None), ("lines=1-2", 200, "0123456789", None),
        ],
    )
    def test_ranges(self, raw, url, range, status, text, place):
        answer = raw.get(url, headers={"Range": range})
        assert (answer.status_code, answer.headers.get("Content-Range")) == (status, place)
        if text is not None:
            assert answer.text == text
        else:
            assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_a_copy_that_is_current_is_not_sent_again(self, raw, url):
        tag = raw.get(url).headers["ETag"]
        for known in [tag, "W/" + tag, '"x", ' + tag, "*"]:
            answer = raw.get(url, headers={"If-None-Match": known})
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag), known
        assert raw.get(url, headers={"If-None-Match": '"x"'}).status_code == 200

    def test_a_range_of_another_state_gets_the_whole(self, raw, url):
        tag = raw.get(url).headers["ETag"]
        assert raw.get(url, headers={"Range": "bytes=2-4", "If-Range": tag}).status_code == 206
        for other in ['"x"', "W/" + tag, "Wed, 21 Oct 2015 07:28:00 GMT"]:
            assert raw.get(url, headers={"Range": "bytes=2-4", "If-Range": other}).text == "0123456789"

    def test_head_tells_what_get_would(self, raw, url):
        whole, head = raw.get(url), raw("HEAD", url)
        assert (head.status_code, head.content) == (200, b"")
        for name in ["Content-Length", "Content-Type", "ETag", "Content-Disposition", "Accept-Ranges", "X-Content-Type-Options"]:
            assert head.headers[name] == whole.headers[name], name
        part = raw("HEAD", url, headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.headers["Content-Length"], part.headers["Content-Range"]) == (206, "3", "bytes 2-4/10")
        assert raw("HEAD", url + ".none").status_code == 404

    def test_types_as_sent_and_by_name(self, raw, root):
        for name, sent, expected in [
            ("a.json", None, "application/json"), ("a.png", None, "image/png"), ("model.pkl", None, "application/octet-stream"),
            ("page.html", None, "text/html"), ("b.json", "text/x-own; charset=utf-8", "text/x-own; charset=utf-8"), ("MLmodel", None, "application/yaml"),
        ]:
            headers = {"Content-Type": sent} if sent else {}
            assert raw("PUT", ARTIFACTS + root + "/" + name, data=b"{}", headers=headers).status_code == 200
            answer = raw.get(ARTIFACTS + root + "/" + name)
            assert answer.headers["Content-Type"] == expected
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.headers["Content-Security-Policy"].startswith("sandbox")

    def test_empty_files(self, raw, root):
        assert raw("PUT", ARTIFACTS + root + "/empty", data=b"").status_code == 200
        answer = raw.get(ARTIFACTS + root + "/empty")
        assert (answer.status_code, answer.content) == (200, b"")
        assert raw.get(ARTIFACTS + root + "/empty", headers={"Range": "bytes=0-"}).status_code == 416


class TestFolders:
    def test_more_entries_than_a_page(self, raw, client, run, root):
        names = [f"f{index:04}" for index in range(2345)]
        session = raw

        def put(name):
            assert session("PUT", f"{ARTIFACTS}{root}/many/{name}", data=name.encode()).status_code == 200

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, names))
        listed = client.list_artifacts(run, "many")
        assert [entry.path for entry in listed] == ["many/" + name for name in names]
        assert {(entry.is_dir, entry.file_size) for entry in listed} == {(False, 5)}
        found, token, pages = [], None, 0
        while True:
            parameters = {"run_id": run, "path": "many"} | ({"page_token": token} if token else {})
            answer = raw.get("/api/2.0/mlflow/artifacts/list", params=parameters).json()
            found += [file["path"] for file in answer["files"]]
            pages += 1
            token = answer.get("next_page_token")
            if not token:
                break
        assert (found, pages) == (["many/" + name for name in names], 3)

    def test_nothing_and_a_file(self, raw, client, run, root):
        client.log_text(run, "x", "d/x.txt")
        listing = "/api/2.0/mlflow-artifacts/artifacts"
        assert raw.get(listing, params={"path": root + "/none"}).json() == {}
        assert raw.get(listing, params={"path": root + "/d/x.txt"}).json() == {}
        assert raw.get(listing, params={"path": root}).json() == {"files": [{"path": "d", "is_dir": True}]}
        for path in ["../x", "/etc", "a//b", "%2e%2e"]:
            assert raw.get(listing, params={"path": path}).status_code in (400, 200)
            assert raw.get(listing, params={"path": path}).json().get("files") is None


class TestPages:
    """What MLflow's web page asks for."""

    @pytest.mark.needs("MlflowClient.create_logged_model")
    def test_files_of_runs_versions_and_logged_models(self, raw, client, run, experiment, unique):
        client.log_text(run, "of the run", "model/x.txt")
        answer = raw.get("/get-artifact", params={"run_id": run, "path": "model/x.txt"})
        assert (answer.text, answer.headers["X-Content-Type-Options"]) == ("of the run", "nosniff")
        assert raw.get("/get-artifact", params={"run_uuid": run, "path": "model/x.txt"}).status_code == 200
        client.create_registered_model(unique)
        client.create_model_version(unique, f"runs:/{run}/model", run_id=run)
        answer = raw.get("/model-versions/get-artifact", params={"name": unique, "version": "1", "path": "x.txt"})
        assert answer.text == "of the run"
        model = client.create_logged_model(experiment, "m")
        folder = model.artifact_location.removeprefix("mlflow-artifacts:/")
        assert raw("PUT", f"{ARTIFACTS}{folder}/MLmodel", data=b"of the model").status_code == 200
        path = f"/ajax-api/2.0/mlflow/logged-models/{model.model_id}/artifacts/files"
        assert raw.get(path, params={"artifact_file_path": "MLmodel"}).text == "of the model"
        for bad in ["../x", "none", ""]:
            assert raw.get("/get-artifact", params={"run_id": run, "path": bad}).status_code in (400, 404), bad
        assert requests.get(raw.server + "/get-artifact", params={"run_id": run, "path": "model/x.txt"}, timeout=10).status_code == 401

    def test_uploading(self, raw, client, run):
        place = "/ajax-api/2.0/mlflow/upload-artifact"
        assert raw("POST", place, params={"run_uuid": run, "path": "up/x.json"}, data=b"{}").status_code == 200
        assert [entry.path for entry in client.list_artifacts(run, "up")] == ["up/x.json"]
        assert raw("POST", place, params={"path": "x"}, data=b"{}").status_code == 400
        assert raw("POST", place, params={"run_uuid": run, "path": "x"}, data=b"x" * (10 * 1024 * 1024 + 1)).status_code == 413

    def test_series_of_several_runs(self, raw, client, experiment):
        runs = sorted(client.create_run(experiment).info.run_id for _ in range(3))
        for index, one in enumerate(runs):
            for step in range(4):
                client.log_metric(one, "loss", index + step / 10, timestamp=1000 + step, step=step)
        place = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
        found = raw.get(place, params={"run_id": runs, "metric_key": "loss"}).json()["metrics"]
        assert [(point["run_id"], point["step"]) for point in found] == [(one, step) for one in runs for step in range(4)]
        assert len(raw.get(place, params={"run_id": runs, "metric_key": "loss", "max_results": 5}).json()["metrics"]) == 5
        assert raw.get(place, params={"metric_key": "loss"}).status_code == 400
        assert raw.get(place, params={"run_id": ["x"] * 101, "metric_key": "loss"}).status_code == 400

    def test_datasets_of_experiments(self, raw, client, experiment):
        from mlflow.entities import Dataset, DatasetInput, InputTag

        run = client.create_run(experiment).info.run_id
        for name in ["b", "a"]:
            dataset = Dataset(name=name, digest="1", source_type="local", source="{}")
            client.log_inputs(run, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
        place = "/ajax-api/2.0/mlflow/experiments/search-datasets"
        found = raw.post(place, {"experiment_ids": [experiment]}).json()["dataset_summaries"]
        assert found == [{"experiment_id": experiment, "name": name, "digest": "1", "context": "training"} for name in ["a", "b"]]
        assert raw.post(place, {"experiment_ids": []}).status_code == 400
        assert raw.post(place, {"experiment_ids": [str(number) for number in range(21)]}).status_code == 400


class TestWorkspaces:
    def test_the_server_tells_what_it_offers_without_a_token(self, server):
        answer = requests.get(server + "/api/3.0/mlflow/server-info", timeout=10)
        assert answer.json()["workspaces_enabled"] is True

    @pytest.mark.needs("environment_variables.MLFLOW_WORKSPACE")
    def test_the_clients_setting_chooses_the_workspace(self, client, server, unique, monkeypatch):
        workspace = "team-" + uuid.uuid4().hex[:8]
        monkeypatch.setenv("MLFLOW_WORKSPACE", workspace)
        inside = mlflow.MlflowClient(server)
        experiment = inside.create_experiment(unique)
        run = inside.create_run(experiment).info.run_id
        inside.log_text(run, "inside", "x.txt")
        assert mlflow.artifacts.load_text(f"runs:/{run}/x.txt") == "inside"
        assert [found.name for found in inside.search_experiments(filter_string=f"name = '{unique}'")] == [unique]
        monkeypatch.delenv("MLFLOW_WORKSPACE")
        assert client.search_experiments(filter_string=f"name = '{unique}'") == []
        with pytest.raises(MlflowException):
            client.get_run(run)
