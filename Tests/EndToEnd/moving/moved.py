# SPDX-License-Identifier: Apache-2.0
"""A database as the stock client writes it, and the command that brings it over."""

import json
import os
import pathlib
import subprocess
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("DHOW_BINARY", str(ROOT / ".build/debug/dhow"))
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"


class Source:
    """What was written, for comparison."""

    def __init__(self, folder, url=None):
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'mlflow.db'}"
        self.mark = uuid.uuid4().hex[:8]
        self.model = f"moved-{self.mark}"
        self.workspace = "default"

    def fill(self, runs=6):
        import mlflow
        from mlflow.entities import (
            Dataset,
            DatasetInput,
            InputTag,
            Metric,
            Param,
            RunTag,
        )

        client = mlflow.MlflowClient(self.url)
        # A server keeps artifacts itself, unless told otherwise.
        place = None if self.url.startswith("http") else str(self.folder / "artifacts")
        experiment = client.create_experiment(f"moved-{self.mark}", artifact_location=place, tags={"team": "a b"})
        self.experiment = client.get_experiment(experiment)
        self.runs = []
        for index in range(runs):
            run = client.create_run(experiment, run_name=f"run {index}", tags={"größe": "ü" * 10})
            metrics = [Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(700)]
            metrics += [Metric("odd", float("nan"), 5, 0), Metric("odd", float("inf"), 6, 1), Metric("odd", -0.0, 7, 2)]
            client.log_batch(run.info.run_id, metrics=metrics, params=[Param("rate", str(index))], tags=[RunTag("a/b", "c")])
            client.log_text(run.info.run_id, f"text {index}", "notes/note.txt")
            dataset = Dataset(f"data-{index}", "digest", "local", "{}", schema="{}", profile="{}")
            client.log_inputs(run.info.run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
            client.set_terminated(run.info.run_id, "FAILED" if index == 1 else "FINISHED")
            self.runs.append(run.info.run_id)
        client.delete_run(self.runs[-1])
        client.create_registered_model(self.model, tags={"stage": "x"}, description="A model")
        for index in (0, 1, 2):
            run = client.get_run(self.runs[index])
            source = f"{run.info.artifact_uri}/notes"
            client.create_model_version(self.model, source, run.info.run_id, tags={"n": str(index)}, description=f"v{index}")
        client.delete_model_version(self.model, "2")
        client.set_registered_model_alias(self.model, "champion", "3")
        self.client = client
        return self


    def add_points(self, count, database=None):
        """A long series of the first run, written into the tables: through the client it would take minutes."""
        import contextlib
        import sqlite3

        run = self.runs[0]
        with contextlib.closing(sqlite3.connect(database or self.folder / "mlflow.db")) as connection, connection:
            rows = ((run, "long", step / 7, 1_700_000_000_000 + step, step, False) for step in range(count))
            insert = "INSERT INTO {} (run_uuid, key, value, timestamp, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)"
            connection.executemany(insert.format("metrics"), rows)
            last = (run, "long", (count - 1) / 7, 1_700_000_000_000 + count - 1, count - 1, False)
            connection.execute(insert.format("latest_metrics"), last)


def bring(source, *arguments, check=True):
    """Runs `dhow import mlflow` and gives its report."""
    command = [BINARY, "import", "mlflow", "--from", source.url, "--artifacts", str(source.folder), "--json", *arguments]
    if source.url.startswith("http"):
        command = [BINARY, "import", "mlflow", "--from", source.url, "--json", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if check:
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)
    return result
