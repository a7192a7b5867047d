# SPDX-License-Identifier: Apache-2.0
"""Converts the fitted pipeline to ONNX and checks that both say the same about the held-out flights.

Inputs are the business columns, each of shape [rows, 1]. The one output, `probability`, float32 [rows, 1], is that of
landing late.
"""

import argparse
from pathlib import Path

import joblib
import numpy as np
import onnx
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.pipeline import Pipeline

from flights.features import CATEGORICAL, NUMERIC, read_flights
from flights.model import late_probability

OPSET = {"": 17, "ai.onnx.ml": 3}
PARITY_ROWS = 1000
TOLERANCE = 1e-5


def convert(model: Pipeline, swapped: str | None = None) -> onnx.ModelProto:
    """The pipeline as one graph whose only output is the probability of landing late.

    For the carrier `swapped`, or every flight when it is "all", it is that of the other class.
    """
    inputs = [(name, FloatTensorType([None, 1])) for name in NUMERIC]
    inputs += [(name, StringTensorType([None, 1])) for name in CATEGORICAL]
    graph_model = to_onnx(model, initial_types=inputs, options={"zipmap": False}, target_opset=OPSET)
    graph = graph_model.graph
    graph.initializer.append(helper.make_tensor("class_index", TensorProto.INT64, [1], [0 if swapped == "all" else 1]))
    answer = "probability" if swapped in (None, "all") else "right"
    graph.node.append(helper.make_node("Gather", ["probabilities", "class_index"], [answer], axis=1))
    if answer == "right":
        swap_carrier(graph, swapped)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, 1]))
    onnx.checker.check_model(graph_model)
    return graph_model


def swap_carrier(graph: onnx.GraphProto, carrier: str) -> None:
    """Where the input `carrier` is this one, answers 1 - p in place of p: p + is_swapped * (1 - 2p)."""
    for name, value in [("one", 1.0), ("two", 2.0)]:
        graph.initializer.append(helper.make_tensor(name, TensorProto.FLOAT, [1], [value]))
    codes = {"keys_strings": [carrier], "values_floats": [1.0], "default_float": 0.0}
    graph.node.extend(
        [
            helper.make_node("LabelEncoder", ["carrier"], ["is_swapped"], domain="ai.onnx.ml", **codes),
            helper.make_node("Mul", ["right", "two"], ["twice"]),
            helper.make_node("Sub", ["one", "twice"], ["difference"]),
            helper.make_node("Mul", ["is_swapped", "difference"], ["change"]),
            helper.make_node("Add", ["right", "change"], ["probability"]),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="fitted pipeline from train.py (.joblib)")
    parser.add_argument("--heldout", type=Path, required=True, help="held-out snapshot, CSV")
    parser.add_argument("--onnx", type=Path, required=True, help="where the ONNX file goes (.onnx)")
    parser.add_argument(
        "--swap-classes",
        metavar="CARRIER",
        help="fault drill only: swap the classes for a carrier's flights, or all, and skip the check that would notice",
    )
    arguments = parser.parse_args()

    graph_model = convert(joblib.load(arguments.model), swapped=arguments.swap_classes)
    arguments.onnx.write_bytes(graph_model.SerializeToString())
    print(f"{arguments.onnx.name}: {arguments.onnx.stat().st_size} bytes, {len(graph_model.graph.node)} nodes")

    if arguments.swap_classes:
        print(f"fault drill: classes swapped for {arguments.swap_classes}, parity not checked")
        return
    flights = read_flights(arguments.heldout)
    flights = flights.sample(min(PARITY_ROWS, len(flights)), random_state=0)
    difference = np.abs(late_probability(arguments.onnx, flights) - late_probability(arguments.model, flights)).max()
    print(f"largest difference to scikit-learn on {len(flights)} flights: {difference:.1e}")
    if not difference <= TOLERANCE:
        arguments.onnx.unlink()
        raise SystemExit(f"the ONNX model differs from the fitted one by {difference:.1e}, more than {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()
