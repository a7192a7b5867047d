# SPDX-License-Identifier: Apache-2.0
"""`dhow export`, read back by a program of its own, and brought into another installation by `dhow import dhow`."""

import json
import math
import os
import subprocess

import pytest
from export_reader import Export
from installation import Installation, kill_when, run
from moved import BINARY, bring


@pytest.fixture
def filled(source, target):
    """The server under test holds what the source has, and a run with a logged model besides."""
    bring(source)
    experiment = target.create_experiment(f"own {source.mark}")
    run = target.create_run(experiment)
    model = target.create_logged_model(experiment, name="net", source_run_id=run.info.run_id, params={"depth": "4"})
    target.log_metric(run.info.run_id, "quality", 0.1 + 0.2, step=3, model_id=model.model_id)
    target.log_outputs(run.info.run_id, [_output(model.model_id)])
    source.own = (experiment, run.info.run_id, model.model_id)
    return source


def _output(model):
    from mlflow.entities import LoggedModelOutput

    return LoggedModelOutput(model, 3)


def digests(export):
    return {file["path"]: file["sha256"] for file in export.manifest["files"]}


def test_another_program_reads_what_the_client_sees(filled, target, tmp_path):
    run("export", "--to", str(tmp_path / "out"))
    export = Export(tmp_path / "out")
    export.check()
    runs = {item["id"]: item for item in export.lines("runs")}
    points = {}
    for point in export.lines("metrics"):
        value = "nan" if point["value"] is None else point["value"]
        points.setdefault((point["run"], point["key"]), []).append((point["step"], point["time"], value))
    files = {(item.get("run"), item["path"]): item for item in export.lines("artifacts")}
    for identifier in filled.runs:
        seen = target.get_run(identifier)
        item = runs[identifier]
        assert {p["key"]: p["value"] for p in item["params"]} == seen.data.params
        assert {p["key"]: p["value"] for p in item["tags"]} == seen.data.tags
        assert (item["lifecycle"], item["status"]) == (seen.info.lifecycle_stage, seen.info.status)
        for key in seen.data.metrics:
            history = [
                (p.step, p.timestamp, "nan" if math.isnan(p.value) else p.value)
                for p in target.get_metric_history(identifier, key)
            ]
            assert sorted(points[identifier, key], key=str) == sorted(history, key=str)
        artifact = files[identifier, "notes/note.txt"]
        assert export.blob(artifact["digest"]).decode() == f"text {filled.runs.index(identifier)}"
    versions = [item for item in export.lines("versions") if item["model"] == filled.model]
    assert [item["version"] for item in versions] == [1, 3]
    assert export.blob(versions[1]["files"][0]["digest"]) == b"text 2"
    model = next(item for item in export.lines("models") if item["name"] == filled.model)
    assert model["aliases"] == [{"alias": "champion", "version": 3}]
    logged = next(item for item in export.lines("logged-models") if item["id"] == filled.own[2])
    assert logged["metrics"][0]["value"] == 0.1 + 0.2


def test_an_export_goes_around_through_a_fresh_installation(filled, tmp_path):
    run("export", "--to", str(tmp_path / "first"))
    first = Export(tmp_path / "first")
    with Installation(tmp_path) as other:
        report = json.loads(other.run("import", "dhow", "--from", str(tmp_path / "first"), "--json").stdout)
        for line in report["kinds"]:
            content = first.manifest["contents"][line["kind"]]
            assert line["source"] == line["target"] == content["count"]
            assert line["sourceDigest"] == line["targetDigest"] == content["digest"]
        again = json.loads(other.run("import", "dhow", "--from", str(tmp_path / "first"), "--json").stdout)
        assert again == report
        other.run("export", "--to", str(tmp_path / "second"))
    second = Export(tmp_path / "second")
    second.check()
    assert second.manifest["contents"] == first.manifest["contents"]
    assert digests(second) == digests(first)


def test_an_export_that_is_killed_goes_on(filled, tmp_path):
    run("export", "--to", str(tmp_path / "whole"))
    command = [BINARY, "export", "--to", str(tmp_path / "broken")]
    broken = tmp_path / "broken"
    for reached in ("runs/000001.jsonl", "metrics/000001.jsonl", "blobs"):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        kill_when(process, (broken / reached).exists)
    if not (broken / "manifest.json").exists():
        run("export", "--to", str(broken))
    export = Export(broken)
    export.check()
    assert digests(export) == digests(Export(tmp_path / "whole"))


def test_names_choose_a_part(filled, tmp_path):
    name = filled.experiment.name
    run("export", "--to", str(tmp_path / "part"), "--experiment", name)
    export = Export(tmp_path / "part")
    export.check()
    assert [item["name"] for item in export.lines("experiments")] == [name]
    assert sorted(item["id"] for item in export.lines("runs")) == sorted(filled.runs)
    assert not list(export.lines("models"))
    run("export", "--to", str(tmp_path / "model"), "--model", filled.model)
    export = Export(tmp_path / "model")
    export.check()
    assert [item["name"] for item in export.lines("models")] == [filled.model]
    assert not list(export.lines("runs"))
    with Installation(tmp_path) as other:
        other.run("import", "dhow", "--from", str(tmp_path / "part"))
        other.run("import", "dhow", "--from", str(tmp_path / "model"))


def test_a_prefix_goes_before_names(filled, tmp_path):
    run("export", "--to", str(tmp_path / "part"), "--experiment", filled.experiment.name, "--model", filled.model)
    with Installation(tmp_path) as other:
        other.run("import", "dhow", "--from", str(tmp_path / "part"), "--prefix", "old ")
        other.run("export", "--to", str(tmp_path / "again"))
    export = Export(tmp_path / "again")
    assert f"old {filled.experiment.name}" in [item["name"] for item in export.lines("experiments")]
    assert [item["name"] for item in export.lines("models")] == [f"old {filled.model}"]
    assert {item["model"] for item in export.lines("versions")} == {f"old {filled.model}"}


def test_only_who_may_read_exports_can_write_one(tmp_path):
    environment = os.environ | {"DHOW_TOKEN": "dhow_wrong"}
    result = run("export", "--to", str(tmp_path / "out"), environment=environment, check=False)
    assert result.returncode == 77


def test_a_name_that_is_not_there_is_told(tmp_path):
    result = run("export", "--to", str(tmp_path / "none"), "--experiment", "nowhere", check=False)
    assert result.returncode == 66
    assert not (tmp_path / "none").exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    result = run("export", "--to", str(tmp_path), check=False)
    assert result.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("kind", ["runs", "blobs"])
def test_a_changed_file_is_refused_before_anything_is_stored_of_it(filled, tmp_path, kind):
    run("export", "--to", str(tmp_path / "out"))
    export = Export(tmp_path / "out")
    path = next(file["path"] for file in export.manifest["files"] if file["kind"] == kind)
    if kind == "blobs":
        digits = next(export.lines("artifacts"))["digest"].split(":")[1]
        path = f"blobs/{digits[:2]}/{digits}"
    with open(tmp_path / "out" / path, "ab") as file:
        file.write(b"x")
    with Installation(tmp_path) as other:
        result = other.run("import", "dhow", "--from", str(tmp_path / "out"), check=False)
    assert result.returncode == 64
    assert path in result.stderr
