# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from convert import convert
from flights.features import INPUTS, model_inputs
from flights.model import late_probability


@pytest.fixture(scope="module")
def onnx_file(model: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    path.write_bytes(convert(model).SerializeToString())
    return path


def test_the_graph_takes_the_business_columns_and_answers_one_probability(onnx_file: Path) -> None:
    session = onnxruntime.InferenceSession(onnx_file, providers=["CPUExecutionProvider"])
    assert [entry.name for entry in session.get_inputs()] == INPUTS
    assert {tuple(entry.shape) for entry in session.get_inputs()} == {(None, 1)}
    kinds = [entry.type for entry in session.get_inputs()]
    assert kinds == ["tensor(float)"] * 9 + ["tensor(string)"] * 3
    assert [(entry.name, entry.type, entry.shape) for entry in session.get_outputs()] == [
        ("probability", "tensor(float)", [None, 1])
    ]


def test_onnx_and_scikit_learn_agree_also_on_missing_values_and_unknown_codes(
    onnx_file: Path, model: Pipeline, january: pd.DataFrame
) -> None:
    flights = january.tail(1000).copy()
    flights.iloc[:50, flights.columns.get_loc("carrier")] = "ZZ"
    flights.iloc[25:75, flights.columns.get_loc("dest")] = "XXX"
    flights.iloc[60:90, flights.columns.get_loc("pressure")] = np.nan
    flights.iloc[80:99, flights.columns.get_loc("temp")] = np.nan
    expected = model.predict_proba(model_inputs(flights))[:, 1]
    np.testing.assert_allclose(late_probability(onnx_file, flights), expected, rtol=0, atol=1e-5)


def test_the_fault_drill_swaps_the_classes(model: Pipeline, january: pd.DataFrame, tmp_path: Path) -> None:
    flights = january.tail(100)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(convert(model, swapped="all").SerializeToString())
    expected = model.predict_proba(model_inputs(flights))[:, 0]
    np.testing.assert_allclose(late_probability(broken, flights), expected, rtol=0, atol=1e-5)


def test_the_fault_drill_swaps_the_classes_of_one_carrier_only(
    model: Pipeline, january: pd.DataFrame, tmp_path: Path
) -> None:
    flights = january.tail(500)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(convert(model, swapped="MQ").SerializeToString())
    expected = model.predict_proba(model_inputs(flights))
    is_swapped = (flights["carrier"] == "MQ").to_numpy()
    assert 0 < is_swapped.sum() < len(flights)
    np.testing.assert_allclose(
        late_probability(broken, flights), np.where(is_swapped, expected[:, 0], expected[:, 1]), rtol=0, atol=1e-5
    )
