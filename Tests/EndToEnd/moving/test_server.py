# SPDX-License-Identifier: Apache-2.0
"""`dhow import mlflow --from http://…`: from a running stock server, and from a Dhow server, by MLflow's protocol."""

import os
import signal
import subprocess

import pytest
from comparing import compare, facts, points, stored_points
from installation import Installation, kill_when
from moved import BINARY, Source, bring
from stock import StockServer


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    with StockServer(tmp_path_factory.mktemp("stock")) as server:
        yield server


@pytest.fixture
def served(stock, tmp_path):
    return Source(tmp_path, stock.url).fill()


def test_everything_comes_over_and_a_repetition_changes_nothing(served, target):
    from mlflow.entities import LoggedModelOutput

    run = served.runs[0]
    model = served.client.create_logged_model(
        served.experiment.experiment_id, name="net", source_run_id=run, params={"depth": "4"}, tags={"a": "b"}
    )
    served.client.log_outputs(run, [LoggedModelOutput(model.model_id, 3)])
    served.client.log_metric(run, "quality", 0.3, step=3, model_id=model.model_id)
    report = bring(served)
    compare(served, target)
    moved = target.get_logged_model(model.model_id)
    assert (moved.name, moved.params, moved.tags) == ("net", {"depth": "4"}, {"a": "b"})
    assert [(m.key, m.value, m.step, m.run_id) for m in moved.metrics] == [("quality", 0.3, 3, run)]
    assert [(o.model_id, o.step) for o in target.get_run(run).outputs.model_outputs] == [(model.model_id, 3)]
    assert bring(served) == report
    compare(served, target)


def test_a_deleted_experiment_comes_over_as_deleted(served, target):
    served.client.delete_experiment(served.experiment.experiment_id)
    bring(served)
    assert target.get_experiment_by_name(served.experiment.name).lifecycle_stage == "deleted"
    there, here = served.client.get_run(served.runs[0]), target.get_run(served.runs[0])
    assert facts(here) == facts(there)


def test_an_import_that_is_killed_goes_on(served, stock, target):
    bring(served)
    served.add_points(40_000, stock.database)
    before = stored_points(served)
    command = [BINARY, "import", "mlflow", "--from", served.url]
    for enough in (1, 20_000):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        kill_when(process, lambda enough=enough: before != stored_points(served) >= enough)
        assert process.returncode == -signal.SIGKILL
    bring(served)
    compare(served, target)
    assert len(points(target, served.runs[0], "long")) == 40_000


def test_artifacts_on_the_server_s_own_disk_come_through_it(served, target, tmp_path):
    experiment = served.client.create_experiment(f"disk {served.mark}", artifact_location=str(tmp_path / "disk"))
    run = served.client.create_run(experiment).info.run_id
    served.client.log_text(run, "on disk", "deep/er/note.txt")
    bring(served)
    with open(target.download_artifacts(run, "deep/er/note.txt")) as file:
        assert file.read() == "on disk"


def test_what_the_server_does_not_show_is_told(served, target):
    from mlflow.entities import LoggedModelOutput

    run = served.runs[0]
    model = served.client.create_logged_model(served.experiment.experiment_id, name="gone", source_run_id=run)
    served.client.log_outputs(run, [LoggedModelOutput(model.model_id, 0)])
    served.client.delete_logged_model(model.model_id)
    assert bring(served)["omitted"] == {"links of runs to logged models that were deleted": 1}
    assert target.get_run(run).info.run_id == run


def test_files_are_taken_from_the_folder_where_they_are_in_it(served, stock, target):
    run = served.runs[0]
    folder = stock.folder / "kept"
    note = folder / served.experiment.experiment_id / run / "artifacts" / "notes" / "note.txt"
    note.rename(note.with_name("other.txt"))
    bring(served, "--artifacts", str(folder))
    assert [item.path for item in target.list_artifacts(run, "notes")] == ["notes/other.txt"]


def test_prompts_come_over(served, target):
    import mlflow

    name = f"prompt-{served.mark}"
    client = mlflow.MlflowClient(served.url)
    client.register_prompt(name, "Say {{word}}.")
    client.set_prompt_alias(name, "best", 1)
    bring(served)
    assert target.get_prompt_version_by_alias(name, "best").template == "Say {{word}}."


def test_a_dhow_server_is_a_source_too(source, target, tmp_path):
    bring(source)
    with Installation(tmp_path) as other:
        environment = {"MLFLOW_TRACKING_TOKEN": os.environ["DHOW_TOKEN"]}
        other.environment |= environment
        other.run("import", "mlflow", "--from", os.environ["DHOW_URL"])
        import mlflow

        os.environ["MLFLOW_TRACKING_TOKEN"] = other.environment["DHOW_TOKEN"]
        there = mlflow.MlflowClient(other.url)
        try:
            compare(source, there)
        finally:
            os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DHOW_TOKEN"]


def test_a_server_that_is_not_there_is_told():
    command = [BINARY, "import", "mlflow", "--from", "http://127.0.0.1:1"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 75
