# SPDX-License-Identifier: Apache-2.0
"""Servers of the tests' own: TLS, ports, a stop while streams are open, settings."""

import contextlib
import datetime
import ipaddress
import os
import pathlib
import queue
import signal
import socket
import subprocess
import urllib.request

import numpy as np
import pytest
import tritonclient.grpc as triton
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("DHOW_BINARY", str(ROOT / ".build/debug/dhow"))


class Server:
    """A process with a folder of its own, on free ports; `url` and `grpc` once it answers."""

    def __init__(self, folder, *arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DHOW_")}
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", str(folder), "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.url = self.grpc = None
        wants_grpc = "--grpc-port" in arguments
        while not (self.url and (self.grpc or not wants_grpc)) and (line := self.process.stdout.readline()):
            if "answers at " in line and line.startswith("Dhow "):
                self.url = line.split("answers at ")[1].strip()
            elif line.startswith("gRPC listens at "):
                self.grpc = line.split("listens at ")[1].strip()
        if self.url:
            token = (folder / "admin-token").read_text().strip()
            self.metadata = {"authorization": f"Bearer {token}"}

    def stop(self):
        """The exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@pytest.fixture
def start(tmp_path):
    with contextlib.ExitStack() as stack:

        def start(*arguments):
            server = Server(tmp_path / "data", *arguments)
            stack.callback(server.process.communicate)
            stack.callback(server.process.kill)
            return server

        yield start


def certificate(folder):
    """A certificate for 127.0.0.1 and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dhow")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(folder / "server.pem"), str(folder / "server.key")


def test_grpc_has_the_same_certificate(start, tmp_path):
    chain, key = certificate(tmp_path)
    server = start("--grpc-port", "0", "--tls-certificate", chain, "--tls-key", key)
    assert server.url.startswith("https://")
    with triton.InferenceServerClient(server.grpc, ssl=True, root_certificates=chain) as client:
        assert client.is_server_ready()
        assert list(client.get_model_repository_index(headers=server.metadata).models) == []
    with triton.InferenceServerClient(server.grpc) as client, pytest.raises(Exception, match="UNAVAILABLE"):
        client.is_server_live(client_timeout=30)
    assert server.stop() == 0


def test_a_server_stops_while_clients_keep_streams_open(start):
    server = start("--grpc-port", "0")
    answers = queue.Queue()
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            client = stack.enter_context(triton.InferenceServerClient(server.grpc))
            client.start_stream(lambda result, error: answers.put(error), headers=server.metadata)
            tensor = triton.InferInput("x", [1], "FP32")
            tensor.set_data_from_numpy(np.array([1], dtype=np.float32))
            client.async_stream_infer("unknown", [tensor])
            assert "does not answer" in str(answers.get(timeout=60))
        assert server.stop() == 0
        for _ in range(3):
            assert "StatusCode.UNAVAILABLE" in str(answers.get(timeout=60))


def test_a_port_in_use_is_told(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start("--grpc-port", str(port))
        assert server.process.wait(timeout=60) != 0
        assert f"gRPC at 127.0.0.1:{port}" in server.process.stderr.read()


def test_without_the_setting_there_is_no_grpc(start, tmp_path):
    server = start()
    assert server.stop() == 0
    assert "gRPC" not in server.process.stdout.read()
    assert not (tmp_path / "data/grpc-address").exists()


def test_a_server_of_inference_alone_answers_probes(start):
    server = start("--roles", "inference", "--grpc-port", "0", "--invocations-endpoint", "flights")
    for path in ("/ping", "/health", "/version", "/", "/v2/health/ready"):
        with urllib.request.urlopen(server.url + path) as answer:
            assert answer.status == 200
    request = urllib.request.Request(
        server.url + "/invocations", data=b'{"instances": [1]}', headers=server.metadata | {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request)
    assert raised.value.code == 404
    assert "flights" in raised.value.read().decode()
