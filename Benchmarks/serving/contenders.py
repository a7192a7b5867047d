# SPDX-License-Identifier: Apache-2.0
"""The servers that are compared: each started on a free port of this machine, with one worker, and stopped with all its processes."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import models

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
START_LIMIT = 120


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Contender:
    """A server of one model; a context manager."""

    name = ""
    def __init__(self, folder, model):
        #: Headers of every request.
        self.headers = {}
        #: What requests go to in turn, in place of `path()`.
        self.paths = None
        self.folder = folder
        self.model = model
        self.port = free_port()
        self.process = None
        self.started = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def path(self):
        return f"/v2/models/{self.model}/infer"

    def ready_path(self):
        return "/v2/health/ready"

    def body(self, rows):
        return models.open_inference_body(rows)

    def check(self, answer, rows):
        """Whether the answer holds a probability, or a label, for each row."""
        outputs = answer["outputs"]
        return max(output["shape"][0] for output in outputs) == rows

    def __enter__(self):
        began = time.monotonic()
        log = (self.folder / f"{self.name}.log").open("w")
        self.process = subprocess.Popen(
            self.command(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=self.folder,
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **self.environment()},
        )
        try:
            self.prepare()
            self.wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        self.started = time.monotonic() - began
        return self

    def prepare(self):
        """What is to be done once the process runs."""

    def wait_until_it_answers(self):
        deadline = time.monotonic() + START_LIMIT
        while True:
            with contextlib.suppress(OSError, urllib.error.URLError, ValueError, KeyError):
                if self.check(self.send(1), 1):
                    return
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}; see {self.folder}/{self.name}.log")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not answer in {START_LIMIT} s; see {self.folder}/{self.name}.log")
            time.sleep(0.05)

    def send(self, rows):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.path()}",
            self.body(rows).encode(),
            {"Content-Type": "application/json", **self.headers},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)
            try:
                self.process.wait(10)
                break
            except subprocess.TimeoutExpired:
                continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Dhow(Contender):
    """Dhow with its prediction log on; the model is registered and released as a user would."""

    name = "dhow"
    binary = pathlib.Path(os.environ.get("DHOW_BINARY", ROOT / ".build/release/dhow"))
    approver_token = None

    def command(self):
        return [str(self.binary), "serve", "--data", str(self.folder / "dhow-data"), "--port", str(self.port)]

    def environment(self):
        return {"DHOW_ONNXRUNTIME": os.environ.get("DHOW_ONNXRUNTIME", str(next((ROOT / ".runtime/onnxruntime").glob("libonnxruntime.so*"), "")))}

    def prepare(self):
        token = self.folder / "dhow-data/admin-token"
        deadline = time.monotonic() + START_LIMIT
        while not token.exists() or not self.answers():
            if time.monotonic() > deadline:
                raise RuntimeError("dhow did not start")
            time.sleep(0.02)
        self.headers = {"Authorization": f"Bearer {token.read_text().strip()}"}
        self.release(self.model, self.folder / f"{self.model}.onnx")

    def answers(self):
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/health/live"):
            return True
        return False

    def call(self, method, path, body=None, token=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/{path}",
            None if body is None else json.dumps(body).encode(),
            {**self.headers, "Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def metrics(self):
        """The values that have no labels."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/metrics", headers=self.headers)
        with urllib.request.urlopen(request) as answer:
            lines = (line.split(" ") for line in answer.read().decode().splitlines())
            return {words[0]: float(words[1]) for words in lines if len(words) == 2 and "{" not in words[0]}

    def release(self, endpoint, file, percents=(100,)):
        """Through a pipeline with a gate, and the approval of somebody else."""
        approver = self.approver()
        document = (ROOT / "Benchmarks/serving/release.yaml").read_text()
        # The file's name says what kind of model it is.
        name = file.name if file.suffix == ".json" else f"model{file.suffix}"
        document = document.replace("ENDPOINT", endpoint).replace("FILE", str(file)).replace("PERCENTS", str(list(percents)))
        document = document.replace("NAME", name)
        self.call("POST", "pipelines", {"document": document, "sources": {}})
        execution = self.call("POST", "executions", {"pipeline": f"release-{endpoint}", "parameters": {}})["id"]
        deadline = time.monotonic() + START_LIMIT
        while True:
            state = self.call("GET", f"executions/{execution}")["status"]
            if state == "succeeded":
                return
            if state in ("failed", "cancelled") or time.monotonic() > deadline:
                raise RuntimeError(f"the release of {endpoint} is {state}")
            for approval in self.call("GET", "approvals?state=pending")["items"]:
                self.call("POST", f"approvals/{approval['id']}/decision", {"decision": "approve", "comment": "measured"}, approver)
            time.sleep(0.02)

    def approver(self):
        """The token of one who may approve, and who starts nothing."""
        if self.approver_token is None:
            self.approver_token = self.call("POST", "tokens", {"principal": "approver"})["token"]
            self.call("POST", "bindings", {"principal": "approver", "workspace": "default", "role": "approver"})
        return self.approver_token


class FastAPI(Contender):
    name = "fastapi+ort"

    def command(self):
        return [
            str(BIN / "uvicorn"), "fastapi_server:app", "--app-dir", str(ROOT / "Benchmarks/serving"), "--host", "127.0.0.1",
            "--port", str(self.port), "--no-access-log", "--log-level", "warning",
        ]  # fmt: skip

    def environment(self):
        return {"MODEL": str(self.folder / f"{self.model}.onnx")}


class MLServer(Contender):
    name = "mlserver"

    def __init__(self, folder, model):
        super().__init__(folder, model)
        self.grpc_port = free_port()

    def command(self):
        home = self.folder / f"mlserver-{self.model}"
        home.mkdir(exist_ok=True)
        (home / "settings.json").write_text(
            json.dumps(
                {
                    "http_port": self.port,
                    "grpc_port": self.grpc_port,
                    "metrics_port": free_port(),
                    "parallel_workers": 0,
                    "host": "127.0.0.1",
                    "debug": False,
                }
            )
        )
        (home / "model-settings.json").write_text(
            json.dumps(
                {
                    "name": self.model,
                    "implementation": "mlserver_sklearn.SKLearnModel",
                    "parameters": {"uri": str(self.folder / f"{self.model}.joblib")},
                    "outputs": [{"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]}],
                }
            )
        )
        return [str(BIN / "mlserver"), "start", str(home)]

    def body(self, rows):
        body = json.loads(super().body(rows))
        body["outputs"] = [{"name": "predict_proba"}]
        return json.dumps(body, separators=(",", ":"))


class MLflow(Contender):
    name = "mlflow"

    def command(self):
        return [
            str(BIN / "mlflow"), "models", "serve", "-m", str(self.folder / f"{self.model}-mlflow"), "-p", str(self.port),
            "-h", "127.0.0.1", "--env-manager", "local", "--workers", "1",
        ]  # fmt: skip

    def path(self):
        return "/invocations"

    def body(self, rows):
        return models.mlflow_body(rows)

    def check(self, answer, rows):
        return len(answer["predictions"]) == rows


CONTENDERS = {contender.name: contender for contender in (Dhow, FastAPI, MLServer, MLflow)}
