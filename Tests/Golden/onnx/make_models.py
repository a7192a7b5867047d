# SPDX-License-Identifier: Apache-2.0
"""Makes the ONNX models beside this file and expected.json, the answers that scikit-learn itself gives.

    pip install scikit-learn==1.9.1 skl2onnx==1.20.0
    python make_models.py

The data is scikit-learn's bundled copy of the Wisconsin breast cancer data set (569 rows). Inputs are rounded to 32-bit
floats first, so that scikit-learn and ONNX Runtime compare the same numbers with the trees' thresholds. ONNX Runtime takes
no part in making the expected values.
"""

import json
import pathlib

import numpy as np
import onnx
import skl2onnx
import sklearn
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

here = pathlib.Path(__file__).parent
opset = {"": 17, "ai.onnx.ml": 3}
features = 15

data = load_breast_cancer()
x = data.data[:, :features].astype(np.float32)
y = data.target
shown = np.arange(0, 569, 6)[:90]  # rows whose answers are written down
expected = {
    "source": "scikit-learn's own predict and predict_proba; see make_models.py",
    "versions": {"scikit-learn": sklearn.__version__, "skl2onnx": skl2onnx.__version__, "onnx": onnx.__version__},
    "rows": x[shown].astype(float).tolist(),
}


def save(name, model):
    (here / f"{name}.onnx").write_bytes(model.SerializeToString())


def convert(name, model, initial_types, zipmap=False):
    options = {"zipmap": zipmap}
    save(name, convert_sklearn(model, name=name, initial_types=initial_types, target_opset=opset, options=options))


def answers(model, rows):
    return {"label": model.predict(rows).tolist(), "probabilities": model.predict_proba(rows).tolist()}


# One tensor for all columns.
matrix = [("features", FloatTensorType([None, features]))]
regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x, y)
convert("logistic_regression", regression, matrix)
expected["logistic_regression"] = answers(regression, x[shown])
convert("zipmap", regression, matrix, zipmap=True)

boosting = GradientBoostingClassifier(n_estimators=30, max_depth=3, random_state=0).fit(x, y)
convert("gradient_boosting", boosting, matrix)
expected["gradient_boosting"] = answers(boosting, x[shown])

# One tensor for each column, numbers and text, and text labels.
sizes = np.array(["small", "medium", "large (≥ 16)"])[np.digitize(x[:, 0], [12, 16])]
numeric = [f"feature_{i}" for i in range(5)]
table = np.empty((len(x), 6), dtype=object)
table[:, :5] = x[:, 1:6].astype(float)
table[:, 5] = sizes
labels = np.array(["malignant", "benign"])[y]
columns = ColumnTransformer([("numeric", StandardScaler(), [0, 1, 2, 3, 4]), ("size", OneHotEncoder(), [5])], sparse_threshold=0)
mixed = make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(table, labels)
convert(
    "columns",
    mixed,
    [(name, FloatTensorType([None, 1])) for name in numeric] + [("size", StringTensorType([None, 1]))],
)
expected["columns"] = answers(mixed, table[shown]) | {
    "numeric": {name: table[shown, i].astype(float).tolist() for i, name in enumerate(numeric)},
    "size": sizes[shown].tolist(),
}

# One input of each datatype, changed by an operator whose result is obvious.
types = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "int16": TensorProto.INT16,
    "int8": TensorProto.INT8,
    "uint64": TensorProto.UINT64,
    "uint32": TensorProto.UINT32,
    "uint16": TensorProto.UINT16,
    "uint8": TensorProto.UINT8,
}
# ONNX Runtime adds only the types that models compute with on a CPU.
operators = {"bool": "Not"} | {name: "Identity" for name in list(types)[5:]}
nodes = [
    helper.make_node(operators.get(name, "Add"), [f"in_{name}"] * (1 if name in operators else 2), [f"out_{name}"]) for name in types
]
graph = helper.make_graph(
    nodes,
    "datatypes",
    [helper.make_tensor_value_info(f"in_{name}", number, ["rows", 2]) for name, number in types.items()],
    [helper.make_tensor_value_info(f"out_{name}", number, ["rows", 2]) for name, number in types.items()],
)
save("datatypes", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))

# Two inputs whose open dimensions must agree, though nothing in the declaration says so.
graph = helper.make_graph(
    [helper.make_node("Concat", ["left", "right"], ["both"], axis=1)],
    "concatenation",
    [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("left", "right")],
    [helper.make_tensor_value_info("both", TensorProto.FLOAT, [None, 2])],
)
save("concatenation", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))

# A reshape that fails on an odd number of rows: well-formed input, failing model.
graph = helper.make_graph(
    [helper.make_node("Reshape", ["rows", "pairs"], ["reshaped"])],
    "failing",
    [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, 1])],
    [helper.make_tensor_value_info("reshaped", TensorProto.FLOAT, [None, 2])],
    [helper.make_tensor("pairs", TensorProto.INT64, [2], [-1, 2])],
)
save("failing", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))

# Weights in another file, named relative to the working folder.
weights = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
for key, value in (("location", "Package.swift"), ("offset", "0"), ("length", "16")):
    weights.external_data.add(key=key, value=value)
graph = helper.make_graph(
    [helper.make_node("Add", ["x", "weights"], ["y"])],
    "external",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])],
    [weights],
)
save("external_weights", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))

# An element type that has no place in a Tensor.
graph = helper.make_graph(
    [helper.make_node("Identity", ["x"], ["y"])],
    "float8",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT8E4M3FN, [1])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT8E4M3FN, [1])],
)
save("float8", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9))

(here / "expected.json").write_text(json.dumps(expected, separators=(",", ":"), ensure_ascii=False) + "\n")
