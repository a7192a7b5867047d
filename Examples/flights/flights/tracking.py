# SPDX-License-Identifier: Apache-2.0
"""One tracked run for all steps of an execution, when there is a server to track it on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def tracked_run(run_file: Path | None) -> Iterator[bool]:
    """Opens the run named in `run_file`, or a new one whose id is left there; yields whether anything is tracked.

    Nothing is tracked, and MLflow is not imported, unless MLFLOW_TRACKING_URI is set.
    """
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        print("MLFLOW_TRACKING_URI is not set: nothing is tracked")
        yield False
        return
    import mlflow

    run_id = run_file.read_text().strip() if run_file and run_file.exists() else None
    with mlflow.start_run(run_id=run_id) as run:
        print(f"run {run.info.run_id}")
        if run_file:
            run_file.write_text(run.info.run_id + "\n")
        yield True
