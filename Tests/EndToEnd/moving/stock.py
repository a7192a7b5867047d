# SPDX-License-Identifier: Apache-2.0
"""A stock `mlflow server` on SQLite, on a free port of the loopback address."""

import os
import pathlib
import socket
import subprocess
import sys
import urllib.error
import urllib.request


class StockServer:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.database = self.folder / "stock.db"

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [
            sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{self.database}",
            "--artifacts-destination", str(self.folder / "kept"), "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        ]  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_TRACKING")}
        with open(self.folder / "stock.log", "w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        while not self.answers():
            try:
                self.process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError((self.folder / "stock.log").read_text())
        return self

    def answers(self):
        try:
            with urllib.request.urlopen(self.url + "/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def __exit__(self, *_):
        # The server has children of its own.
        os.killpg(self.process.pid, 9)
        self.process.wait()
