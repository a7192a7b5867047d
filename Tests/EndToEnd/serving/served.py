# SPDX-License-Identifier: Apache-2.0
"""Models that are released to endpoints, for the clients of serving protocols."""

import json
import os
import time
import urllib.error
import urllib.request
import uuid

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper

URL = os.environ.get("DHOW_URL", "")
GRPC = os.environ.get("DHOW_GRPC", "")
TOKEN = os.environ.get("DHOW_TOKEN", "")
OPSET = [helper.make_opsetid("", 17)]

# Every datatype of the protocol, its ONNX type, and two rows that its limits are among.
DATATYPES = {
    "BOOL": (TensorProto.BOOL, np.array([[True], [False]])),
    "UINT8": (TensorProto.UINT8, np.array([[0], [255]], dtype=np.uint8)),
    "UINT16": (TensorProto.UINT16, np.array([[0], [65535]], dtype=np.uint16)),
    "UINT32": (TensorProto.UINT32, np.array([[0], [2**32 - 1]], dtype=np.uint32)),
    "UINT64": (TensorProto.UINT64, np.array([[0], [2**64 - 1]], dtype=np.uint64)),
    "INT8": (TensorProto.INT8, np.array([[-128], [127]], dtype=np.int8)),
    "INT16": (TensorProto.INT16, np.array([[-(2**15)], [2**15 - 1]], dtype=np.int16)),
    "INT32": (TensorProto.INT32, np.array([[-(2**31)], [2**31 - 1]], dtype=np.int32)),
    "INT64": (TensorProto.INT64, np.array([[-(2**63)], [2**63 - 1]], dtype=np.int64)),
    "FP16": (TensorProto.FLOAT16, np.array([[0.1], [-65504]], dtype=np.float16)),
    "FP32": (TensorProto.FLOAT, np.array([[0.1], [-3e38]], dtype=np.float32)),
    "FP64": (TensorProto.DOUBLE, np.array([[0.1], [-1e308]], dtype=np.float64)),
    "BYTES": (TensorProto.STRING, np.array([["größer ≥ 16 🚢".encode()], [b""]], dtype=object)),
    "BF16": (TensorProto.BFLOAT16, np.array([[1.5], [-256]], dtype=ml_dtypes.bfloat16)),
}


def datatypes_model():
    """Gives back each input as it came."""
    graph = helper.make_graph(
        [helper.make_node("Identity", [f"in_{name}"], [f"out_{name}"]) for name in DATATYPES],
        "datatypes",
        [helper.make_tensor_value_info(f"in_{name}", kind, [None, 1]) for name, (kind, _) in DATATYPES.items()],
        [helper.make_tensor_value_info(f"out_{name}", kind, [None, 1]) for name, (kind, _) in DATATYPES.items()],
    )
    return helper.make_model(graph, opset_imports=OPSET, ir_version=8)


def sums_model():
    """`x` has three columns: `sum` is their sum, `twice` each of them doubled."""
    graph = helper.make_graph(
        [
            helper.make_node("ReduceSum", ["x", "axes"], ["sum"], keepdims=1),
            helper.make_node("Add", ["x", "x"], ["twice"]),
        ],
        "sums",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3])],
        [
            helper.make_tensor_value_info("sum", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("twice", TensorProto.FLOAT, [None, 3]),
        ],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [1])],
    )
    return helper.make_model(graph, opset_imports=OPSET, ir_version=8)


def columns_model():
    """A column of numbers and one of text: `score` is the number halved."""
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["hour", "half"], ["score"]),
            helper.make_node("Identity", ["carrier"], ["name"]),
        ],
        "columns",
        [
            helper.make_tensor_value_info("hour", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("carrier", TensorProto.STRING, [None, 1]),
        ],
        [
            helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("name", TensorProto.STRING, [None, 1]),
        ],
        [helper.make_tensor("half", TensorProto.FLOAT, [1], [0.5])],
    )
    return helper.make_model(graph, opset_imports=OPSET, ir_version=8)


class Workspace:
    """A workspace of its own with endpoints that answer."""

    def __init__(self, name=None):
        self.name = name or f"w-{uuid.uuid4().hex[:12]}"
        self.headers = {"Authorization": f"Bearer {TOKEN}", "Dhow-Workspace": self.name}
        self.metadata = {key.lower(): value for key, value in self.headers.items()}

    def ask(self, method, path, body=None, token=None):
        request = urllib.request.Request(
            f"{URL}/api/v1/{path}",
            method=method,
            data=body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None,
            headers=self.headers | ({"Authorization": f"Bearer {token}"} if token else {}) | {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if text else None

    def release(self, endpoint, model):
        """Releases the model to the endpoint, and answers once the endpoint does."""
        onnx.checker.check_model(model)
        unique = uuid.uuid4().hex[:8]
        experiment = self.ask("POST", "experiments", {"name": f"{endpoint}-{unique}"})["id"]
        run = self.ask("POST", "runs", {"experiment": int(experiment), "name": "made"})["id"]
        self.ask("PUT", f"runs/{run}/artifacts/model.onnx", model.SerializeToString())
        version = self.ask("POST", f"models/{endpoint}/versions", {"run": run, "artifact": "model.onnx"})["version"]
        checks = [{"name": "floor", "threshold": {"metric": "auc", "comparison": "atLeast", "value": 0.5}}]
        about = {"model": endpoint, "version": version}
        report = self.ask("POST", "gate-reports", about | {"gate": "good", "checks": checks, "metrics": {"auc": 0.9}})["id"]
        approval = self.ask("POST", "approvals", about | {"endpoint": endpoint, "gateReport": report})["id"]
        approver = f"approver-{unique}"
        token = self.ask("POST", "tokens", {"principal": approver})["token"]
        self.ask("POST", "bindings", {"principal": approver, "workspace": self.name, "role": "approver"})
        self.ask("POST", f"approvals/{approval}/decision", {"decision": "approve", "comment": "It is good."}, token=token)
        self.ask("POST", "releases", about | {"endpoint": endpoint, "gateReport": report, "approval": approval})
        return version


def eventually(what, holds):
    """Asks until it holds; for what another loop of the server does in its own time."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"it never happened: {what}")
