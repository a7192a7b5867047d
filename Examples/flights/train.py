# SPDX-License-Identifier: Apache-2.0
"""Trains the model on a snapshot; with a tracking server, MLflow logs its parameters and training metrics."""

import argparse
import time
from pathlib import Path

import joblib

from flights.features import is_late, labelled, model_inputs, read_flights
from flights.model import one_thread, untrained_model
from flights.tracking import tracked_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="training snapshot, CSV")
    parser.add_argument("--model", type=Path, required=True, help="where the fitted pipeline goes (.joblib)")
    parser.add_argument("--run-file", type=Path, help="file that carries the run's id to the later steps")
    arguments = parser.parse_args()

    flights = read_flights(arguments.train)
    examples = labelled(flights)
    late = is_late(examples)
    print(f"{len(examples)} examples, {late.mean():.3f} late; {len(flights) - len(examples)} without a label left out")

    with tracked_run(arguments.run_file) as tracked:
        if tracked:
            import mlflow

            # What gets registered is the ONNX file of the convert step, so the pickled pipeline is not logged.
            mlflow.sklearn.autolog(log_models=False, log_datasets=False, log_post_training_metrics=False)
            mlflow.log_params({"train_rows": len(examples), "train_late_rate": round(float(late.mean()), 6)})
        started = time.perf_counter()
        with one_thread():
            model = untrained_model().fit(model_inputs(examples), late)
        print(f"fitted in {time.perf_counter() - started:.1f} s")
    joblib.dump(model, arguments.model)


if __name__ == "__main__":
    main()
