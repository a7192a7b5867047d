# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the way: broken bodies, lengths that lie, clients that go away. The server refuses, and answers the next one."""

import gzip
import json
import socket
import struct
import urllib.parse
import zlib

import grpc
import numpy as np
import pytest
from served import GRPC, URL

PLACE = urllib.parse.urlsplit(URL)
ROWS = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)


class Connection:
    """One connection, byte by byte."""

    def __init__(self):
        self.socket = socket.create_connection((PLACE.hostname, PLACE.port), timeout=60)
        self.reader = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()

    def send(self, path, body, headers, length=None):
        lines = [f"POST {path} HTTP/1.1", "Host: here", f"Content-Length: {len(body) if length is None else length}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def answer(self):
        """Status and body; None when the server closed without one."""
        line = self.reader.readline()
        if not line:
            return None
        status = int(line.split()[1])
        length = 0
        while (line := self.reader.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self.reader.read(length)


def infer(headers, body, path="/v2/models/sums/infer", **more):
    with Connection() as connection:
        connection.send(path, body, headers | more)
        return connection.answer()


def is_well(headers):
    status, body = infer(headers, request())
    return status == 200 and json.loads(body)["outputs"][0]["data"] == [6, 15]


def request(**changes):
    tensor = {"name": "x", "shape": [2, 3], "datatype": "FP32", "data": ROWS.flatten().tolist()} | changes
    return json.dumps({"inputs": [{key: value for key, value in tensor.items() if value is not None}]}).encode()


BYTES = ROWS.tobytes()


def raw(size, shape=(2, 3), datatype="FP32", payload=BYTES):
    """A head that announces raw bytes, and them."""
    head = request(shape=list(shape), datatype=datatype, data=None, parameters={"binary_data_size": size})
    return head, payload


@pytest.fixture
def headers(workspace):
    return workspace.headers


def test_lengths_that_lie_are_refused(headers):
    cases = [raw(size) for size in (-1, -(2**63), 0, 23, 25, 2**31, 2**62, 2**63 - 1)]
    cases += [raw(24, shape=shape) for shape in ((2, 4), (0, 3), (2**62, 2), (2**31, 2**31), (2**62 + 6,), (-2, -3), (1, 1, 6))]
    cases += [raw(24, datatype=datatype) for datatype in ("FP64", "INT64", "BYTES", "BOOL", "FP16", "NONE", "")]
    for length in (0, 5, 2**31, 2**32 - 1):
        payload = struct.pack("<I", length) + b"abc"
        cases.append(raw(len(payload), shape=(1, 3), datatype="BYTES", payload=payload))
    for head, payload in cases:
        status, body = infer(headers, head + payload, **{"Inference-Header-Content-Length": str(len(head))})
        assert status in (400, 413), (head, body)
        assert "error" in json.loads(body)
    head, payload = raw(24)
    for length in ("-1", "0x10", "1e3", "99999999999999999999", str(len(head) - 1), str(len(head) + 1), str(len(head) + 25), ""):
        status, body = infer(headers, head + payload, **{"Inference-Header-Content-Length": length})
        assert status == 400, (length, body)
    assert is_well(headers)


def test_inputs_whose_raw_bytes_would_overlap_are_refused(headers):
    def tensor(name, size):
        return {"name": name, "shape": [2, 3], "datatype": "FP32", "parameters": {"binary_data_size": size}}

    for inputs in ([tensor("x", 24), tensor("y", 24)], [tensor("x", 24), tensor("x", 24)], [tensor("x", 24), tensor("y", 0)]):
        head = json.dumps({"inputs": inputs}).encode()
        status, body = infer(headers, head + ROWS.tobytes(), **{"Inference-Header-Content-Length": str(len(head))})
        assert status == 400, body
    both = request(parameters={"binary_data_size": 24})
    status, body = infer(headers, both + ROWS.tobytes(), **{"Inference-Header-Content-Length": str(len(both))})
    assert status == 400
    assert "both" in json.loads(body)["error"]


def test_data_that_disagrees_with_the_shape_is_refused(headers):
    for changes in ({"shape": [3, 3]}, {"shape": [2, 2]}, {"shape": []}, {"shape": [6]}, {"data": [[1, 2], [3]]}, {"datatype": "INT64"}, {"data": ["a"] * 6}):
        status, body = infer(headers, request(**changes))
        assert status == 400, (changes, body)
    assert is_well(headers)


def test_broken_compression_is_refused(headers):
    whole = gzip.compress(request())
    broken = [whole[:-1], whole[:10], b"", whole + b"x", request(), whole[:12] + b"\xff" * 10]
    for body in broken:
        status, answer = infer(headers, body, **{"Content-Encoding": "gzip"})
        assert status == 400, (body, answer)
    for body in (zlib.compress(request())[:-1], b"\x78", request()):
        assert infer(headers, body, **{"Content-Encoding": "deflate"})[0] == 400
    assert infer(headers, zlib.compress(request())[2:-4], **{"Content-Encoding": "deflate"})[0] == 200
    for coding in ("br", "gzip, gzip", "zstd"):
        assert infer(headers, request(), **{"Content-Encoding": coding})[0] == 400
    assert is_well(headers)


@pytest.mark.parametrize("path", ["/v2/models/sums/infer", "/v1/models/sums:predict", "/endpoints/sums/invocations"])
def test_bombs_are_refused_within_the_bound(headers, path):
    for coding, bomb in (("gzip", gzip.compress(b" " * (200 << 20))), ("deflate", zlib.compress(b"[" * (200 << 20)))):
        status, body = infer(headers, bomb, path, **{"Content-Encoding": coding, "Content-Type": "application/json"})
        assert status == 413, body
    assert is_well(headers)


def test_bodies_cut_in_the_middle_harm_nobody(headers):
    for cut in (0, 1, 20):
        with Connection() as connection:
            connection.send("/v2/models/sums/infer", request()[:cut], headers, length=len(request()))
        with Connection() as connection:
            connection.send("/v2/models/sums/infer", request()[:cut], headers, length=len(request()))
            connection.socket.shutdown(socket.SHUT_WR)
            answer = connection.answer()
            assert answer is None or answer[0] >= 400
        with Connection() as connection:
            connection.send("/v2/models/sums/infer", request()[:cut], headers, length=len(request()))
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert is_well(headers)


def test_a_client_that_closes_its_half_still_gets_its_answer(headers):
    with Connection() as connection:
        connection.send("/v2/models/sums/infer", request(), headers)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answer()[0] == 200


def test_requests_in_a_row_on_one_connection_outlive_a_refused_one(headers):
    with Connection() as connection:
        for body in (request(), request(shape=[9]), request(), b"{", request()):
            connection.send("/v2/models/sums/infer", body, headers)
        assert [connection.answer()[0] for _ in range(5)] == [200, 400, 200, 400, 200]


def test_huge_headers_and_names_are_refused(headers):
    with Connection() as connection:
        connection.send("/v2/models/sums/infer", request(), headers | {"X-Large": "x" * (64 << 10)})
        answer = connection.answer()
        assert answer is None or answer[0] in (400, 431)
    assert infer(headers, request(), "/v2/models/" + "s" * 2000 + "/infer")[0] in (400, 404)
    assert infer(headers, request(), "/v2/models/sums/versions/" + "9" * 400 + "/infer")[0] == 404
    status, body = infer(headers, request(), "/v2/models/sums/nothing")
    assert status == 404
    assert "error" in json.loads(body)
    assert is_well(headers)


def channel_call(method, message, metadata):
    """A call with bytes of its own for a message."""
    with grpc.insecure_channel(GRPC) as channel:
        call = channel.unary_unary(f"/inference.GRPCInferenceService/{method}", lambda sent: sent, lambda received: received)
        try:
            return call(message, metadata=tuple(metadata.items()), timeout=60)
        except grpc.RpcError as error:
            return error.code()


def test_broken_messages_of_grpc_are_refused(workspace):
    metadata = workspace.metadata
    for message in (b"\xff" * 10, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05a", b"\x2b" * 1000):
        assert channel_call("ModelInfer", message, metadata) == grpc.StatusCode.INVALID_ARGUMENT
    assert channel_call("ModelInfer", b"", metadata) == grpc.StatusCode.NOT_FOUND
    assert channel_call("Nothing", b"", metadata) == grpc.StatusCode.UNIMPLEMENTED
    assert channel_call("ServerLive", b"", metadata) == b"\x08\x01"


def test_a_bomb_in_grpc_is_refused(workspace):
    bomb = b"\x3a" + b"\x80\x80\x80\x60" + b"\0" * (192 << 20)
    with grpc.insecure_channel(GRPC, options=[("grpc.max_send_message_length", -1)], compression=grpc.Compression.Gzip) as channel:
        call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer", lambda sent: sent, lambda received: received)
        with pytest.raises(grpc.RpcError):
            call(bomb, metadata=tuple(workspace.metadata.items()), timeout=60)
    assert channel_call("ServerLive", b"", workspace.metadata) == b"\x08\x01"


def test_bytes_that_are_no_http2_harm_nobody(workspace):
    host, _, port = GRPC.rpartition(":")
    for sent in (b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100, b"\0" * 1000, b""):
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
    assert channel_call("ServerLive", b"", workspace.metadata) == b"\x08\x01"
