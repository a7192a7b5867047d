# SPDX-License-Identifier: Apache-2.0
"""The model's definition, and scoring with either form of it: fitted pipeline or ONNX file."""

from pathlib import Path

import joblib
import numpy as np
import onnxruntime
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_limits

from flights.features import CATEGORICAL, NUMERIC, model_inputs, transformation


def untrained_model() -> Pipeline:
    return make_pipeline(transformation(), HistGradientBoostingClassifier(max_iter=80, max_depth=5, random_state=0))


def one_thread() -> threadpool_limits:
    """Trees this small train slower on several busy cores than on one, and one gives the same sums everywhere."""
    return threadpool_limits(limits=1)


def onnx_inputs(flights: pd.DataFrame) -> dict[str, np.ndarray]:
    """One tensor of shape [rows, 1] per column: float32 for numbers, strings for codes."""
    numbers = {name: flights[name].to_numpy(dtype=np.float32).reshape(-1, 1) for name in NUMERIC}
    return numbers | {name: flights[name].to_numpy(dtype=object).reshape(-1, 1) for name in CATEGORICAL}


def late_probability(model: Path, flights: pd.DataFrame) -> np.ndarray:
    """Probability of landing late for each flight, from an ONNX file or from the one train.py wrote with joblib."""
    # Steps are handed files without extensions; a pickle begins with its protocol's mark, an ONNX file never does.
    with model.open("rb") as file:
        is_pickle = file.read(1) == b"\x80"
    if not is_pickle:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        return session.run(["probability"], onnx_inputs(flights))[0][:, 0].astype(np.float64)
    with one_thread():
        return joblib.load(model).predict_proba(model_inputs(flights))[:, 1]
