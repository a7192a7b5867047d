# SPDX-License-Identifier: Apache-2.0
"""Every call of the unmodified tritonclient over HTTP."""

import gzip
import json
import urllib.parse

import numpy as np
import pytest
import tritonclient.http as triton
from served import DATATYPES, TOKEN, URL, eventually
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def client():
    with triton.InferenceServerClient(urllib.parse.urlsplit(URL).netloc, concurrency=4) as client:
        yield client


@pytest.fixture
def headers(workspace):
    """Calls take copies: the client leaves headers of one request in what it was given."""
    return workspace.headers


ROWS = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)


def sums_input(binary=True, rows=ROWS):
    tensor = triton.InferInput("x", list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return tensor


def check_sums(result, rows=ROWS):
    np.testing.assert_allclose(result.as_numpy("sum"), rows.sum(axis=1, keepdims=True), rtol=1e-6)
    np.testing.assert_array_equal(result.as_numpy("twice"), rows * 2)


def test_server_and_models_tell_of_themselves(client, headers):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("sums", headers=dict(headers))
    assert client.is_model_ready("sums", "1", headers=dict(headers))
    assert not client.is_model_ready("unknown", headers=dict(headers))
    server = client.get_server_metadata()
    assert server["name"] == "dhow"
    assert {"binary_tensor_data", "model_configuration", "model_repository", "statistics"} <= set(server["extensions"])
    model = client.get_model_metadata("sums", headers=dict(headers))
    assert model["versions"] == ["1"]
    assert model["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 3]}]
    assert [output["name"] for output in model["outputs"]] == ["sum", "twice"]
    assert client.get_model_metadata("sums", "1", headers=dict(headers)) == model
    configuration = client.get_model_config("sums", "1", headers=dict(headers))
    assert configuration["input"] == [{"name": "x", "data_type": "TYPE_FP32", "dims": [-1, 3]}]
    assert configuration["max_batch_size"] == 0
    assert configuration["version_policy"] == {"specific": {"versions": [1]}}


@pytest.mark.parametrize("binary_out", [True, False, None])
@pytest.mark.parametrize("binary_in", [True, False])
def test_infers_as_json_and_as_raw_bytes(client, headers, binary_in, binary_out):
    outputs = None
    if binary_out is not None:
        outputs = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in ("sum", "twice")]
    result = client.infer("sums", [sums_input(binary_in)], outputs=outputs, request_id="mine", headers=dict(headers))
    check_sums(result)
    response = result.get_response()
    assert response["id"] == "mine"
    assert response["model_name"] == "sums"
    assert response["model_version"] == "1"


def test_infers_with_some_outputs_raw_and_some_not(client, headers):
    outputs = [triton.InferRequestedOutput("twice", binary_data=True), triton.InferRequestedOutput("sum", binary_data=False)]
    check_sums(client.infer("sums", [sums_input()], outputs=outputs, headers=dict(headers)))


@pytest.mark.parametrize("answer", [None, "gzip", "deflate"])
@pytest.mark.parametrize("request_", [None, "gzip", "deflate"])
@pytest.mark.parametrize("binary", [True, False])
def test_infers_compressed(client, headers, request_, answer, binary):
    rows = np.arange(6000, dtype=np.float32).reshape(2000, 3)
    result = client.infer(
        "sums",
        [sums_input(binary, rows)],
        outputs=[triton.InferRequestedOutput(name, binary_data=binary) for name in ("sum", "twice")],
        headers=dict(headers),
        request_compression_algorithm=request_,
        response_compression_algorithm=answer,
    )
    check_sums(result, rows)


def test_infers_in_the_background(client, headers):
    requests = [client.async_infer("sums", [sums_input(rows=ROWS + number)], headers=dict(headers)) for number in range(20)]
    for number, request in enumerate(requests):
        check_sums(request.get_result(), ROWS + number)


def typed_inputs(binary):
    inputs = []
    for name, (_, values) in DATATYPES.items():
        tensor = triton.InferInput(f"in_{name}", list(values.shape), name)
        # The client sends this one as raw bytes only.
        tensor.set_data_from_numpy(values, binary_data=binary or name == "BF16")
        inputs.append(tensor)
    return inputs


@pytest.mark.parametrize("binary_out", [True, False])
@pytest.mark.parametrize("binary_in", [True, False])
def test_carries_every_datatype(client, headers, binary_in, binary_out):
    outputs = [triton.InferRequestedOutput(f"out_{name}", binary_data=binary_out) for name in DATATYPES]
    result = client.infer("types", typed_inputs(binary_in), outputs=outputs, headers=dict(headers))
    for name, (_, values) in DATATYPES.items():
        answered = result.as_numpy(f"out_{name}")
        if name == "BYTES":
            answered = np.array([[value if isinstance(value, bytes) else value.encode()] for value in answered.flatten()], dtype=object)
        np.testing.assert_array_equal(answered, values, err_msg=name)


def test_carries_bytes_that_are_no_text(client, headers):
    values = np.array([[b"\xff\xfe\x01"], [b"text"]], dtype=object)
    inputs = [tensor for tensor in typed_inputs(True) if tensor.name() != "in_BYTES"]
    tensor = triton.InferInput("in_BYTES", [2, 1], "BYTES")
    tensor.set_data_from_numpy(values)
    outputs = [triton.InferRequestedOutput("out_BYTES", binary_data=True)]
    result = client.infer("types", [*inputs, tensor], outputs=outputs, headers=dict(headers))
    np.testing.assert_array_equal(result.as_numpy("out_BYTES"), values)


def test_the_repository_lists_loads_and_unloads(client, headers):
    index = client.get_model_repository_index(headers=dict(headers))
    assert {(model["name"], model["version"]) for model in index} == {("sums", "1"), ("types", "1"), ("columns", "1")}
    client.load_model("sums", headers=dict(headers))
    ready = {model["name"]: model["state"] for model in client.get_model_repository_index(headers=dict(headers))}
    assert ready["sums"] == "READY"
    client.unload_model("sums", headers=dict(headers))
    assert client.is_model_ready("sums", headers=dict(headers))
    check_sums(client.infer("sums", [sums_input()], headers=dict(headers)))
    with pytest.raises(InferenceServerException, match="unknown"):
        client.load_model("unknown", headers=dict(headers))
    with pytest.raises(InferenceServerException, match="parameter"):
        client.load_model("sums", config="{}", headers=dict(headers))


def test_statistics_count_what_was_answered(client, headers):
    def counts():
        (model,) = client.get_inference_statistics("columns", "1", headers=dict(headers))["model_stats"]
        return model

    def ask(hour):
        hours = triton.InferInput("hour", [2, 1], "FP32")
        hours.set_data_from_numpy(np.array(hour, dtype=np.float32))
        carriers = triton.InferInput("carrier", [2, 1], "BYTES")
        carriers.set_data_from_numpy(np.array([[b"UA"], [b"B6"]], dtype=object))
        return client.infer("columns", [hours, carriers], headers=dict(headers))

    before = counts()
    assert ask([[7], [19]]).as_numpy("score").tolist() == [[3.5], [9.5]]
    after = counts()
    assert after["execution_count"] == before["execution_count"] + 1
    assert after["inference_count"] == before["inference_count"] + 2
    assert after["inference_stats"]["success"]["count"] == before["inference_stats"]["success"]["count"] + 1
    assert after["inference_stats"]["success"]["ns"] > before["inference_stats"]["success"]["ns"]
    assert after["last_inference"] > 0
    with pytest.raises(InferenceServerException):
        ask([[np.nan], [1]])
    assert counts()["inference_stats"]["fail"]["count"] == before["inference_stats"]["fail"]["count"] + 1
    every = client.get_inference_statistics(headers=dict(headers))["model_stats"]
    assert {model["name"] for model in every} == {"sums", "types", "columns"}


def test_what_is_not_offered_says_so(client, headers):
    calls = [
        lambda: client.get_system_shared_memory_status(headers=dict(headers)),
        lambda: client.get_system_shared_memory_status("region", headers=dict(headers)),
        lambda: client.register_system_shared_memory("region", "/key", 64, headers=dict(headers)),
        lambda: client.unregister_system_shared_memory("region", headers=dict(headers)),
        lambda: client.unregister_system_shared_memory(headers=dict(headers)),
        lambda: client.get_cuda_shared_memory_status(headers=dict(headers)),
        lambda: client.register_cuda_shared_memory("region", b"handle", 0, 64, headers=dict(headers)),
        lambda: client.unregister_cuda_shared_memory("region", headers=dict(headers)),
        lambda: client.get_trace_settings(headers=dict(headers)),
        lambda: client.get_trace_settings("sums", headers=dict(headers)),
        lambda: client.update_trace_settings(settings={"trace_rate": "1"}, headers=dict(headers)),
        lambda: client.get_log_settings(headers=dict(headers)),
        lambda: client.update_log_settings({"log_info": True}, headers=dict(headers)),
    ]
    for call in calls:
        with pytest.raises(InferenceServerException, match="not offered"):
            call()
    shared = triton.InferInput("x", [2, 3], "FP32")
    shared.set_shared_memory("region", 24)
    with pytest.raises(InferenceServerException, match="Shared memory is not offered"):
        client.infer("sums", [shared], headers=dict(headers))
    with pytest.raises(InferenceServerException, match="classes"):
        client.infer("sums", [sums_input()], outputs=[triton.InferRequestedOutput("sum", class_count=1)], headers=dict(headers))


def test_a_wrong_request_is_told_and_the_connection_goes_on(client, headers):
    short = triton.InferInput("x", [2, 3], "FP32")
    short.set_data_from_numpy(ROWS)
    short._raw_data = short._raw_data[:-4]
    short._parameters["binary_data_size"] -= 4
    texts = triton.InferInput("x", [1, 3], "BYTES")
    texts.set_data_from_numpy(np.array([[b"a", b"b", b"c"]], dtype=object))
    wide = sums_input(rows=np.zeros((1, 4), dtype=np.float32))
    for tensors, says in (([short], "the shape needs"), ([texts], "takes FP32"), ([wide], r"\[-1,3\]"), ([], "no inputs")):
        with pytest.raises(InferenceServerException, match=says):
            client.infer("sums", tensors, headers=dict(headers))
        check_sums(client.infer("sums", [sums_input()], headers=dict(headers)))
    with pytest.raises(InferenceServerException, match="token"):
        client.infer("sums", [sums_input()])
    with pytest.raises(InferenceServerException, match="no output 'nothing'"):
        client.infer("sums", [sums_input()], outputs=[triton.InferRequestedOutput("nothing")], headers=dict(headers))
    with pytest.raises(InferenceServerException, match="Version 9"):
        client.infer("sums", [sums_input()], "9", headers=dict(headers))


def test_a_raw_request_has_no_head(client, headers):
    response = client._client_stub.post(
        "/v2/models/sums/infer",
        body=ROWS.tobytes(),
        headers=dict(headers) | {"Inference-Header-Content-Length": "0", "Content-Type": "application/octet-stream"},
    )
    assert response.status_code == 200
    check_sums(triton.InferResult(response, False))


def test_metrics_show_the_counts(client, headers):
    check_sums(client.infer("sums", [sums_input()], headers=dict(headers)))
    response = client._client_stub.get("/metrics", headers=dict(headers))
    text = response.read().decode()
    workspace = headers["Dhow-Workspace"]
    assert f'dhow_inference_answers{{workspace="{workspace}",endpoint="sums",version="1"}}' in text


def test_every_prediction_can_be_labelled(client, headers, workspace):
    result = client.infer("sums", [sums_input(rows=ROWS)], headers=dict(headers))
    id = result.get_response()["parameters"]["prediction_id"]

    def logged():
        try:
            return workspace.ask("GET", f"predictions/{id}.1")["inputs"] == {"x": [4, 5, 6]}
        except AssertionError:
            return False

    eventually("the row is logged", logged)


def test_a_bomb_is_refused_before_it_fills_memory(client, headers):
    bomb = gzip.compress(b"\0" * (64 << 20))
    response = client._client_stub.post(
        "/v2/models/sums/infer", body=bomb, headers=dict(headers) | {"Content-Encoding": "gzip", "Inference-Header-Content-Length": "10"}
    )
    assert response.status_code == 413
    assert "33554432" in json.loads(response.read())["error"]


def test_the_token_is_needed(client):
    assert TOKEN
    with pytest.raises(InferenceServerException, match="token"):
        client.get_model_repository_index()
