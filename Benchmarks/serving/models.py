# SPDX-License-Identifier: Apache-2.0
"""The models that every contender serves, in the form each of them takes, and the rows that are asked about."""

import json
import pathlib

import joblib
import mlflow.sklearn
import numpy as np
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FEATURES = 15
MODELS = {
    "logreg": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "rf": lambda: RandomForestClassifier(n_estimators=100, max_depth=6, random_state=0),
    "gb": lambda: GradientBoostingClassifier(n_estimators=100, max_depth=3, random_state=0),
}


def make(folder: pathlib.Path, name: str):
    """Trains a model and writes it as FOLDER/NAME.onnx, FOLDER/NAME.joblib and FOLDER/NAME-mlflow."""
    data = load_breast_cancer()
    x = data.data[:, :FEATURES].astype(np.float32)
    model = MODELS[name]().fit(x, data.target)
    onnx = convert_sklearn(
        model,
        name=name,
        initial_types=[("features", FloatTensorType([None, FEATURES]))],
        target_opset={"": 17, "ai.onnx.ml": 3},
        options={"zipmap": False},
    )
    (folder / f"{name}.onnx").write_bytes(onnx.SerializeToString())
    joblib.dump(model, folder / f"{name}.joblib")
    # Our own model of a minute ago, so its pickle can be trusted.
    mlflow.sklearn.save_model(model, folder / f"{name}-mlflow", serialization_format="cloudpickle")


def rows(count: int):
    """The first rows of the data set, again from the start when it ends; lists of numbers."""
    data = load_breast_cancer().data[:, :FEATURES].astype(np.float32)
    return np.resize(data, (count, FEATURES)).tolist()


def open_inference_body(count: int):
    flat = [value for row in rows(count) for value in row]
    return json.dumps(
        {"inputs": [{"name": "features", "shape": [count, FEATURES], "datatype": "FP32", "data": flat}]},
        separators=(",", ":"),
    )


def mlflow_body(count: int):
    return json.dumps({"inputs": rows(count)}, separators=(",", ":"))
