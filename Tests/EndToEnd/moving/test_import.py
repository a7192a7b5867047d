# SPDX-License-Identifier: Apache-2.0
"""`dhow import mlflow` from a stock database, compared through the unmodified client."""

import os
import signal
import subprocess

import pytest
from comparing import compare, stored_points
from installation import kill_when
from moved import BINARY, bring


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
