# SPDX-License-Identifier: Apache-2.0
"""Logs the ONNX file to the run of this execution and registers it as the next version of the model."""

import argparse
from pathlib import Path

import mlflow
import numpy as np
import onnx
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from flights.features import CATEGORICAL, NUMERIC
from flights.tracking import tracked_run


def signature() -> ModelSignature:
    """Names, types and shapes as the ONNX graph has them; -1 is the number of rows."""
    numbers = [TensorSpec(np.dtype(np.float32), (-1, 1), name) for name in NUMERIC]
    codes = [TensorSpec(np.dtype(object), (-1, 1), name) for name in CATEGORICAL]
    probability = TensorSpec(np.dtype(np.float32), (-1, 1), "probability")
    return ModelSignature(inputs=Schema(numbers + codes), outputs=Schema([probability]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--onnx", type=Path, required=True, help="model file from convert.py")
    parser.add_argument("--name", required=True, help="registered model, for example flight-delay")
    parser.add_argument("--run-file", type=Path, required=True, help="file with the run's id, from train.py")
    parser.add_argument("--version-file", type=Path, help="where the new version's number goes")
    arguments = parser.parse_args()

    with tracked_run(arguments.run_file) as tracked:
        if not tracked:
            raise SystemExit("nothing to register with: set MLFLOW_TRACKING_URI")
        logged = mlflow.onnx.log_model(
            onnx.load(arguments.onnx),
            name="model",
            registered_model_name=arguments.name,
            signature=signature(),
            # Named here because finding them out would load the model in a second interpreter.
            pip_requirements=["onnxruntime"],
        )
    print(f"{arguments.name} version {logged.registered_model_version}")
    if arguments.version_file:
        arguments.version_file.write_text(f"{logged.registered_model_version}\n")


if __name__ == "__main__":
    main()
