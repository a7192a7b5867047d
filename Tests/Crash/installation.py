# SPDX-License-Identifier: Apache-2.0
"""A real server on a folder of its own: started, killed, started again, and its ledger verified."""

import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("DHOW_BINARY", str(ROOT / ".build/debug/dhow"))


class Unanswered(Exception):
    """The connection broke before a whole answer came: whether the call was done is unknown."""


class Refused(Exception):
    """The server answered with something else than success."""

    def __init__(self, call, status, body):
        super().__init__(f"{call}: {status} {body[:300]!r}")
        self.status = status


class Session:
    """One connection of one thread, opened again when it broke."""

    def __init__(self, address, token):
        parts = urllib.parse.urlsplit(address)
        self.place = (parts.hostname, parts.port)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.connection = None

    def call(self, method, path, body=None, headers=None):
        """The bytes of a 2xx answer."""
        headers = self.headers | (headers or {})
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(*self.place, timeout=60)
            self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unanswered(f"{method} {path}") from error
        if not 200 <= response.status < 300:
            raise Refused(f"{method} {path}", response.status, data)
        return data

    def json(self, method, path, body=None, headers=None):
        return json.loads(self.call(method, path, body, headers))

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Installation:
    """A data folder, and a schema of its own when the database is Postgres."""

    def __init__(self, engine):
        self.engine = engine
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dhow-crash-"))
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("DHOW_")
        }
        self.schema = None
        if engine == "postgres":
            self.schema = f"crash_{secrets.token_hex(6)}"
            self._sql(f"CREATE SCHEMA {self.schema}")
            option = urllib.parse.quote(f"-c search_path={self.schema}")
            self.environment["DHOW_DATABASE"] = (
                f"{os.environ['DHOW_TEST_POSTGRES']}?options={option}"
            )
        self.process = None
        self.address = None

    def launch(self):
        """Starts the server without waiting for it to answer."""
        command = [BINARY, "serve", "--data", str(self.folder / "data"), "--port", "0"]
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment,
                text=True,
            )

    def start(self):
        """Starts the server and waits for its own word that it answers."""
        self.launch()
        for line in self.process.stdout:
            if found := re.search(r"answers at (http://\S+)", line):
                self.address = found.group(1)
                return
        log = (self.folder / "server.log").read_text(errors="replace")
        raise RuntimeError(
            f"the server did not start, exit status {self.process.wait()}:\n{log[-4000:]}"
        )

    def kill(self):
        """SIGKILL, and nothing else: no handler runs, no buffer of the process is written."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def session(self):
        return Session(
            self.address, (self.folder / "data/admin-token").read_text().strip()
        )

    def ledger_complaint(self):
        """What `dhow ledger verify` has to say against the ledger; None when it verifies."""
        command = [BINARY, "ledger", "verify", "--data", str(self.folder / "data")]
        result = subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return (
            None
            if result.returncode == 0
            else f"exit status {result.returncode}: {result.stderr or result.stdout}"
        )

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        if self.schema is not None:
            self._sql(f"DROP SCHEMA {self.schema} CASCADE")
        shutil.rmtree(self.folder)

    def _sql(self, statement):
        psql = shutil.which("psql") or next(
            map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))
        )
        command = [
            psql,
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            os.environ["DHOW_TEST_POSTGRES"],
            "-c",
            statement,
        ]
        subprocess.run(command, check=True, capture_output=True)
