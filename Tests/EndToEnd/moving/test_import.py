# SPDX-License-Identifier: Apache-2.0
"""`dhow import mlflow` from a stock database, compared through the unmodified client."""

import json
import math
import os
import signal
import subprocess
import urllib.request

import pytest
from installation import kill_when
from moved import BINARY, bring


def facts(run):
    """All that a client sees of a run, in one comparable value; NaN equals NaN."""
    metrics = {key: "nan" if math.isnan(value) else value for key, value in run.data.metrics.items()}
    inputs = sorted((i.dataset.name, i.dataset.digest, tuple((t.key, t.value) for t in i.tags)) for i in run.inputs.dataset_inputs)
    info = run.info
    return (
        info.run_id, info.run_name, info.status, info.start_time, info.end_time, info.lifecycle_stage, info.user_id,
        run.data.params, run.data.tags, metrics, inputs,
    )  # fmt: skip


def points(client, run, key):
    history = client.get_metric_history(run, key)
    return sorted((p.step, p.timestamp, "nan" if math.isnan(p.value) else p.value) for p in history)


def compare(source, target):
    """Every run, metric, param, tag, artifact, version and alias is the same on both sides."""
    here = target.get_experiment_by_name(source.experiment.name)
    assert here.tags == source.experiment.tags
    assert here.creation_time == source.experiment.creation_time
    for identifier in source.runs:
        there, moved = source.client.get_run(identifier), target.get_run(identifier)
        assert facts(moved) == facts(there)
        assert moved.info.experiment_id == here.experiment_id
        for key in there.data.metrics:
            assert points(target, identifier, key) == points(source.client, identifier, key)
        with open(target.download_artifacts(identifier, "notes/note.txt")) as file:
            assert file.read() == f"text {source.runs.index(identifier)}"
    there, moved = source.client.get_registered_model(source.model), target.get_registered_model(source.model)
    assert (moved.description, moved.tags) == (there.description, there.tags)
    # The client gives numbers as text when it asks a server.
    assert {alias: int(number) for alias, number in moved.aliases.items()} == there.aliases
    versions = [
        {
            int(v.version): (v.description, v.tags, v.run_id, v.creation_timestamp, v.current_stage)
            for v in client.search_model_versions(f"name='{source.model}'")
        }
        for client in (source.client, target)
    ]
    assert versions[0] == versions[1]
    assert sorted(versions[1]) == [1, 3]


def test_everything_comes_over_and_a_repetition_changes_nothing(source, target):
    first = bring(source)
    kinds = {line["kind"]: line for line in first["kinds"]}
    assert kinds["runs"]["source"] == kinds["runs"]["target"] == 6
    assert kinds["metrics"]["target"] == 6 * 703
    assert kinds["artifacts"]["target"] == 6
    compare(source, target)
    assert bring(source) == first
    compare(source, target)


def test_the_files_of_a_version_are_those_of_its_run(source, target):
    import mlflow

    bring(source)
    mlflow.set_tracking_uri(os.environ["DHOW_URL"])
    folder = mlflow.artifacts.download_artifacts(f"models:/{source.model}@champion")
    with open(f"{folder}/note.txt") as file:
        assert file.read() == "text 2"


def test_new_numbers_go_on_after_those_that_came(source, target):
    bring(source)
    assert int(target.create_model_version(source.model, "s3://elsewhere/model").version) == 4
    assert int(target.create_experiment(source.mark)) > 0


def test_names_that_are_taken_are_told_before_anything_is_stored(source, target):
    target.create_registered_model(source.model)
    result = bring(source, check=False)
    assert result.returncode == 1
    assert source.model in result.stderr
    assert "--prefix" in result.stderr
    assert target.get_experiment_by_name(source.experiment.name) is None
    bring(source, "--prefix", "old ")
    assert target.get_experiment_by_name("old " + source.experiment.name) is not None
    assert target.get_model_version_by_alias("old " + source.model, "champion").run_id == source.runs[2]


def stored_points(source):
    """How many points the server says that the import of the source has stored."""
    request = urllib.request.Request(
        f"{os.environ['DHOW_URL']}/api/v1/imports?limit=1000",
        headers={"Authorization": f"Bearer {os.environ['DHOW_TOKEN']}"},
    )
    with urllib.request.urlopen(request) as answer:
        imports = json.load(answer)["items"]
    position = next((item.get("position") for item in imports if item["source"] == source.url), None)
    return json.loads(position)["tally"]["kinds"].get("metrics", {}).get("count", 0) if position else 0


def test_an_import_that_is_killed_goes_on(source, target):
    source.add_points(90_000)
    command = [BINARY, "import", "mlflow", "--from", source.url, "--artifacts", str(source.folder)]
    for enough in (1, 30_000, 60_000):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        kill_when(process, lambda enough=enough: stored_points(source) >= enough)
        assert process.returncode == -signal.SIGKILL
    report = bring(source)
    kinds = {line["kind"]: line for line in report["kinds"]}
    assert kinds["metrics"]["source"] == kinds["metrics"]["target"] == 6 * 703 + 90_000
    compare(source, target)


def test_what_is_new_in_the_source_comes_with_the_next_import(source, target):
    bring(source)
    source.client.restore_run(source.runs[-1])
    source.client.log_metric(source.runs[0], "late", 1.5, step=9)
    source.client.set_registered_model_alias(source.model, "champion", "1")
    bring(source)
    compare(source, target)


def test_only_an_administrator_may(source):
    environment = os.environ | {"DHOW_TOKEN": "dhow_wrong"}
    command = [BINARY, "import", "mlflow", "--from", source.url]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 77


@pytest.mark.parametrize("url", ["sqlite:////nowhere/mlflow.db", "mysql://host/name"])
def test_a_source_that_cannot_be_read_is_told(url):
    result = subprocess.run([BINARY, "import", "mlflow", "--from", url], capture_output=True, text=True, check=False)
    assert result.returncode in (64, 75)
    assert "fix:" in result.stderr
