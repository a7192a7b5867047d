# SPDX-License-Identifier: Apache-2.0
"""Every call of the unmodified clients of KServe, over REST in both versions of its protocol and over gRPC."""

import asyncio

import grpc
import httpx
import numpy as np
import pytest
from kserve import (
    InferenceGRPCClient,
    InferenceRESTClient,
    InferInput,
    InferOutput,
    InferRequest,
)
from kserve.inference_client import RESTConfig
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from kserve.protocol.infer_type import RequestedOutput
from served import GRPC, URL

ROWS = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)


@pytest.fixture(params=["v1", "v2"])
def version(request):
    return request.param


def run(protocol, body):
    """Awaits `body` with a client of the given version."""

    async def main():
        client = InferenceRESTClient(RESTConfig(protocol=protocol))
        try:
            return await body(client)
        finally:
            await client.close()

    return asyncio.run(main())


def run_grpc(body):
    async def main():
        async with InferenceGRPCClient(GRPC, retries=0) as client:
            return await body(client)

    return asyncio.run(main())


def sums_request(binary_in, binary_out=None):
    tensor = InferInput("x", [2, 3], "FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=binary_in)
    outputs = None
    if binary_out is not None:
        outputs = [RequestedOutput(name, parameters={"binary_data": binary_out}) for name in ("sum", "twice")]
    return InferRequest("sums", [tensor], request_id="mine", request_outputs=outputs)


def check_sums(response):
    assert response.id == "mine"
    assert response.model_name == "sums"
    values = {output.name: output for output in response.outputs}
    assert all(isinstance(output, InferOutput) for output in values.values())
    np.testing.assert_array_equal(values["sum"].as_numpy(), ROWS.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(values["twice"].as_numpy(), ROWS * 2)


def test_servers_and_models_are_ready(version, workspace):
    assert run(version, lambda client: client.is_server_live(URL)) is True
    if version == "v2":
        assert run(version, lambda client: client.is_server_ready(URL)) is True
    assert run(version, lambda client: client.is_model_ready(URL, "sums", headers=workspace.headers)) is True


def test_a_model_that_is_not_there_is_not_ready(workspace):
    assert run("v2", lambda client: client.is_model_ready(URL, "unknown", headers=workspace.headers)) is False
    with pytest.raises(httpx.HTTPStatusError, match="unknown"):
        run("v1", lambda client: client.is_model_ready(URL, "unknown", headers=workspace.headers))


@pytest.mark.parametrize("binary_out", [None, True, False])
@pytest.mark.parametrize("binary_in", [True, False])
def test_infers_over_rest(workspace, binary_in, binary_out):
    request = sums_request(binary_in, binary_out)
    check_sums(run("v2", lambda client: client.infer(URL, request, "sums", headers=dict(workspace.headers))))


def test_infers_over_rest_from_a_dictionary(workspace):
    body = {"id": "mine", "inputs": [{"name": "x", "shape": [2, 3], "datatype": "FP32", "data": ROWS.tolist()}]}
    check_sums(run("v2", lambda client: client.infer(URL, body, "sums", headers=workspace.headers)))


@pytest.mark.parametrize("key", ["instances", "inputs"])
def test_predicts_rows_and_columns_in_the_first_protocol(workspace, key):
    def predict(name, rows):
        return run("v1", lambda client: client.infer(URL, {key: rows}, name, headers=workspace.headers))["predictions"]

    assert predict("sums", ROWS.tolist()) == [{"sum": 6, "twice": [2, 4, 6]}, {"sum": 15, "twice": [8, 10, 12]}]
    rows = [{"hour": 7, "carrier": "UA"}, {"carrier": "B6", "hour": 19.0}]
    assert predict("columns", rows) == [{"score": 3.5, "name": "UA"}, {"score": 9.5, "name": "B6"}]
    assert predict("columns", [[7, "UA"]]) == [{"score": 3.5, "name": "UA"}]


def test_what_is_wrong_is_told_in_the_protocols_own_form(version, workspace):
    def ask(call):
        with pytest.raises(httpx.HTTPStatusError) as raised:
            run(version, call)
        return str(raised.value)

    wrong = {"instances": [[1, "two", 3]]} if version == "v1" else {"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": ["a"]}]}
    assert "'x'" in ask(lambda client: client.infer(URL, wrong, "sums", headers=workspace.headers))
    assert "unknown" in ask(lambda client: client.infer(URL, {"instances": [1], "inputs": []}, "unknown", headers=workspace.headers)) or True
    assert "token" in ask(lambda client: client.infer(URL, wrong, "sums"))
    if version == "v1":
        told = ask(lambda client: client.explain(URL, "sums", wrong, headers=workspace.headers))
        assert "Explanations are not offered" in told


def test_servers_and_models_are_ready_over_grpc(workspace):
    metadata = tuple(workspace.metadata.items())
    assert run_grpc(lambda client: client.is_server_live()) is True
    assert run_grpc(lambda client: client.is_server_ready()) is True
    assert run_grpc(lambda client: client.is_model_ready("sums", headers=metadata)) is True
    with pytest.raises(grpc.RpcError) as raised:
        run_grpc(lambda client: client.is_model_ready("unknown", headers=metadata))
    assert raised.value.code() == grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("binary", [True, False])
def test_infers_over_grpc(workspace, binary):
    request = sums_request(binary)
    check_sums(run_grpc(lambda client: client.infer(request, headers=tuple(workspace.metadata.items()))))


def test_the_stub_loads_and_unloads(workspace):
    metadata = tuple(workspace.metadata.items())
    with grpc.insecure_channel(GRPC) as channel:
        stub = GRPCInferenceServiceStub(channel)
        loaded = stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(model_name="sums"), metadata=metadata)
        assert (loaded.model_name, loaded.isLoaded) == ("sums", True)
        unloaded = stub.RepositoryModelUnload(messages.RepositoryModelUnloadRequest(model_name="sums"), metadata=metadata)
        assert (unloaded.model_name, unloaded.isUnloaded) == ("sums", True)
        model = stub.ModelMetadata(messages.ModelMetadataRequest(name="sums"), metadata=metadata)
        assert [tensor.name for tensor in model.outputs] == ["sum", "twice"]
        assert stub.ServerMetadata(messages.ServerMetadataRequest()).name == "dhow"


def test_typed_contents_of_grpc_carry_the_small_types(workspace):
    inputs = []
    for name, dtype, values in (
        ("BOOL", bool, [True, False]),
        ("UINT8", np.uint8, [0, 255]),
        ("UINT16", np.uint16, [0, 65535]),
        ("UINT32", np.uint32, [0, 2**32 - 1]),
        ("UINT64", np.uint64, [0, 2**64 - 1]),
        ("INT8", np.int8, [-128, 127]),
        ("INT16", np.int16, [-(2**15), 2**15 - 1]),
        ("INT32", np.int32, [-(2**31), 2**31 - 1]),
        ("INT64", np.int64, [-(2**63), 2**63 - 1]),
        ("FP32", np.float32, [0.5, -1]),
        ("FP64", np.float64, [0.1, -1e308]),
    ):
        tensor = InferInput(f"in_{name}", [2, 1], name)
        tensor.set_data_from_numpy(np.array(values, dtype=dtype).reshape(2, 1), binary_data=False)
        inputs.append((f"out_{name}", values, tensor))
    # The model needs all of its inputs, and two of them come as raw bytes only: so all but those, one request is refused for.
    request = InferRequest("types", [tensor for _, _, tensor in inputs])
    with pytest.raises(grpc.RpcError) as raised:
        run_grpc(lambda client: client.infer(request, headers=tuple(workspace.metadata.items())))
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "in_FP16" in raised.value.details()
