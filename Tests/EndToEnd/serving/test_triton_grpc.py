# SPDX-License-Identifier: Apache-2.0
"""Every call of the unmodified tritonclient over gRPC."""

import queue
import threading

import numpy as np
import pytest
import tritonclient.grpc as triton
from served import DATATYPES, GRPC, eventually
from tritonclient.utils import InferenceServerException

ROWS = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)


@pytest.fixture
def client():
    with triton.InferenceServerClient(GRPC) as client:
        yield client


@pytest.fixture
def headers(workspace):
    return workspace.metadata


def sums_input(rows=ROWS):
    tensor = triton.InferInput("x", list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows)
    return tensor


def check_sums(result, rows=ROWS):
    np.testing.assert_allclose(result.as_numpy("sum"), rows.sum(axis=1, keepdims=True), rtol=1e-6)
    np.testing.assert_array_equal(result.as_numpy("twice"), rows * 2)


def test_server_and_models_tell_of_themselves(client, headers):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("sums", headers=headers)
    assert client.is_model_ready("sums", "1", headers=headers)
    server = client.get_server_metadata(as_json=True)
    assert server["name"] == "dhow"
    assert "statistics" in server["extensions"]
    model = client.get_model_metadata("sums", "1", headers=headers)
    assert list(model.versions) == ["1"]
    assert [(tensor.name, tensor.datatype, list(tensor.shape)) for tensor in model.inputs] == [("x", "FP32", [-1, 3])]
    assert [tensor.name for tensor in model.outputs] == ["sum", "twice"]
    configuration = client.get_model_config("sums", headers=headers).config
    assert configuration.input[0].name == "x"
    assert list(configuration.input[0].dims) == [-1, 3]
    assert list(configuration.version_policy.specific.versions) == [1]
    types = client.get_model_config("types", headers=headers, as_json=True)["config"]
    assert {tensor["name"]: tensor["data_type"] for tensor in types["input"]} == {
        f"in_{name}": "TYPE_STRING" if name == "BYTES" else f"TYPE_{name}" for name in DATATYPES
    }


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_infers(client, headers, compression):
    rows = np.arange(30_000, dtype=np.float32).reshape(10_000, 3)
    result = client.infer("sums", [sums_input(rows)], request_id="mine", headers=headers, compression_algorithm=compression)
    check_sums(result, rows)
    response = result.get_response()
    assert (response.id, response.model_name, response.model_version) == ("mine", "sums", "1")
    assert response.parameters["prediction_id"].string_param


def test_infers_what_was_asked_for_and_of_the_version_asked_for(client, headers):
    result = client.infer("sums", [sums_input()], "1", outputs=[triton.InferRequestedOutput("twice")], headers=headers)
    assert result.as_numpy("sum") is None
    np.testing.assert_array_equal(result.as_numpy("twice"), ROWS * 2)
    assert [output.name for output in result.get_response().outputs] == ["twice"]


def test_infers_in_the_background(client, headers):
    answers = queue.Queue()
    for number in range(20):
        client.async_infer(
            "sums", [sums_input(ROWS + number)], lambda result, error, number=number: answers.put((number, result, error)), headers=headers
        )
    for _ in range(20):
        number, result, error = answers.get(timeout=60)
        assert error is None
        check_sums(result, ROWS + number)


def typed_inputs(values_of=lambda name: DATATYPES[name][1]):
    inputs = []
    for name in DATATYPES:
        values = values_of(name)
        tensor = triton.InferInput(f"in_{name}", list(values.shape), name)
        tensor.set_data_from_numpy(values)
        inputs.append(tensor)
    return inputs


def test_carries_every_datatype(client, headers):
    result = client.infer("types", typed_inputs(), headers=headers)
    for name, (_, values) in DATATYPES.items():
        np.testing.assert_array_equal(result.as_numpy(f"out_{name}"), values, err_msg=name)


def test_carries_bytes_that_are_no_text(client, headers):
    values = np.array([[b"\xff\xfe\x01"], [b"text"]], dtype=object)
    inputs = typed_inputs(lambda name: values if name == "BYTES" else DATATYPES[name][1])
    result = client.infer("types", inputs, headers=headers)
    np.testing.assert_array_equal(result.as_numpy("out_BYTES"), values)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_stream_answers_each_request_while_it_stays_open_and_in_order(client, headers, compression):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), headers=headers, compression_algorithm=compression)
    client.async_stream_infer("sums", [sums_input()], request_id="first")
    result, error = answers.get(timeout=60)
    assert error is None
    check_sums(result)
    for number in range(50):
        client.async_stream_infer("sums", [sums_input(ROWS + number)], request_id=str(number))
    for number in range(50):
        result, error = answers.get(timeout=60)
        assert error is None
        assert result.get_response().id == str(number)
        check_sums(result, ROWS + number)
    client.stop_stream()


def test_a_fault_in_a_stream_is_its_answer_and_ends_nothing(client, headers):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), headers=headers)
    client.async_stream_infer("unknown", [sums_input()], request_id="a")
    client.async_stream_infer("sums", [], request_id="b")
    client.async_stream_infer("sums", [sums_input()], request_id="c", enable_empty_final_response=True)
    for says in ("unknown", "no inputs"):
        result, error = answers.get(timeout=60)
        assert says in str(error)
    result, error = answers.get(timeout=60)
    assert error is None
    assert result.get_response().id == "c"
    assert result.get_response().parameters["triton_final_response"].bool_param
    check_sums(result)
    client.stop_stream()


def test_a_stream_that_may_not_is_told_before_it_asks(client, workspace):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put(error), headers=workspace.metadata | {"authorization": "Bearer wrong"})
    assert "StatusCode.UNAUTHENTICATED" in str(answers.get(timeout=60))
    client.stop_stream()


def test_a_client_that_goes_away_in_a_stream_leaves_the_server_well(headers):
    for cancel in (True, False):
        for _ in range(5):
            client = triton.InferenceServerClient(GRPC)
            seen = threading.Event()
            client.start_stream(lambda result, error, seen=seen: seen.set(), headers=headers)
            for _ in range(20):
                client.async_stream_infer("sums", [sums_input()])
            assert seen.wait(60)
            client.stop_stream(cancel_requests=cancel)
            client.close()
    with triton.InferenceServerClient(GRPC) as client:
        check_sums(client.infer("sums", [sums_input()], headers=headers))


def test_the_repository_lists_loads_and_unloads(client, headers):
    index = client.get_model_repository_index(headers=headers)
    assert {(model.name, model.version) for model in index.models} == {("sums", "1"), ("types", "1"), ("columns", "1")}
    client.load_model("sums", headers=headers)
    assert {model.name: model.state for model in client.get_model_repository_index(headers=headers).models}["sums"] == "READY"
    client.unload_model("sums", headers=headers)
    check_sums(client.infer("sums", [sums_input()], headers=headers))
    with pytest.raises(InferenceServerException, match="NOT_FOUND"):
        client.load_model("unknown", headers=headers)
    with pytest.raises(InferenceServerException, match="parameter 'config'"):
        client.load_model("sums", config="{}", headers=headers)


def test_statistics_count_what_was_answered(client, headers):
    def count(name):
        (model,) = client.get_inference_statistics(name, headers=headers).model_stats
        return model.inference_stats.success.count, model.inference_count

    before = count("sums")
    check_sums(client.infer("sums", [sums_input()], headers=headers))
    after = count("sums")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 2)
    every = client.get_inference_statistics(headers=headers, as_json=True)["model_stats"]
    assert {model["name"] for model in every} == {"sums", "types", "columns"}


def test_what_is_not_offered_says_so(client, headers):
    calls = [
        lambda: client.get_system_shared_memory_status(headers=headers),
        lambda: client.register_system_shared_memory("region", "/key", 64, headers=headers),
        lambda: client.unregister_system_shared_memory("region", headers=headers),
        lambda: client.get_cuda_shared_memory_status(headers=headers),
        lambda: client.register_cuda_shared_memory("region", b"aGFuZGxl", 0, 64, headers=headers),
        lambda: client.unregister_cuda_shared_memory("region", headers=headers),
        lambda: client.get_trace_settings(headers=headers),
        lambda: client.update_trace_settings("sums", settings={"trace_rate": "1"}, headers=headers),
        lambda: client.get_log_settings(headers=headers),
        lambda: client.update_log_settings({"log_info": True}, headers=headers),
    ]
    for call in calls:
        with pytest.raises(InferenceServerException, match=r"UNIMPLEMENTED.*not offered"):
            call()
    shared = triton.InferInput("x", [2, 3], "FP32")
    shared.set_shared_memory("region", 24)
    with pytest.raises(InferenceServerException, match="Shared memory is not offered"):
        client.infer("sums", [shared], headers=headers)


def test_refusals_have_grpcs_own_statuses(client, headers):
    wide = sums_input(np.zeros((1, 4), dtype=np.float32))
    lying = sums_input()
    lying._input.shape[:] = [2**62, 2]
    short = sums_input()
    short._raw_content = short._raw_content[:-4]
    cases = [
        ("unknown", [sums_input()], headers, "NOT_FOUND"),
        ("sums", [wide], headers, "INVALID_ARGUMENT"),
        ("sums", [lying], headers, "INVALID_ARGUMENT"),
        ("sums", [short], headers, "INVALID_ARGUMENT"),
        ("sums", [sums_input(), sums_input()], headers, "INVALID_ARGUMENT"),
        ("sums", [sums_input()], {}, "UNAUTHENTICATED"),
        ("sums", [sums_input()], headers | {"authorization": "Bearer wrong"}, "UNAUTHENTICATED"),
    ]
    for name, inputs, metadata, status in cases:
        with pytest.raises(InferenceServerException, match=status):
            client.infer(name, inputs, headers=metadata)
    with pytest.raises(InferenceServerException, match="NOT_FOUND"):
        client.infer("sums", [sums_input()], "9", headers=headers)
    with pytest.raises(InferenceServerException, match="NOT_FOUND"):
        client.is_model_ready("unknown", headers=headers)
    large = sums_input(np.zeros((3_000_000, 3), dtype=np.float32))
    with pytest.raises(InferenceServerException, match="RESOURCE_EXHAUSTED"):
        client.infer("sums", [large], headers=headers)
    check_sums(client.infer("sums", [sums_input()], headers=headers))


def test_predictions_are_logged(client, headers, workspace):
    response = client.infer("sums", [sums_input()], headers=headers).get_response()
    id = response.parameters["prediction_id"].string_param

    def logged():
        try:
            return workspace.ask("GET", f"predictions/{id}.0")["inputs"] == {"x": [1, 2, 3]}
        except AssertionError:
            return False

    eventually("the row is logged", logged)
