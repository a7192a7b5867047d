# SPDX-License-Identifier: Apache-2.0
"""Dhow: a real `dhow serve` on a folder of its own for each piece of work, with its database, ledger and logs of steps.

Pipelines are applied and executions started by the command line, whose CPU time counts. Executions at once, and those over a list,
are started by requests from here, and the time they take of this process counts too; asking whether they have ended does not, but
what the server spends on answering does.
"""

import http.client
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.parse

from contender import WORKERS, Contender, Failed, Skipped

DOCUMENT = """\
apiVersion: dhow/v1
kind: Pipeline
metadata: {{name: bench}}
spec:
  parameters: [{parameters}]
  steps:
"""


class Dhow(Contender):
    name = "dhow"
    shapes = ("chain", "fan", "each")

    def __init__(self, folder, limit, binary):
        super().__init__(folder, limit)
        self.binary = binary.resolve()
        self.process = None
        self.data = None
        self.address = None
        self.connection = None
        self.client = 0.0

    def version(self):
        size = self.binary.stat().st_size >> 20
        version = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        return f"{version} ({self.binary}, {size} MiB)"

    def environment(self):
        # Settings of the person who runs this are not ours.
        inherited = {key: value for key, value in super().environment().items() if not key.startswith("DHOW_")}
        if self.address is None:
            return inherited | {"DHOW_SLOTS": str(WORKERS)}
        return inherited | {"DHOW_URL": self.address, "DHOW_TOKEN": self.token}

    @property
    def token(self):
        return (self.data / "admin-token").read_text().strip()

    @property
    def server(self):
        return self.process.pid if self.process else None

    def client_seconds(self):
        return self.client

    def start(self):
        self.data = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        command = [self.binary, "serve", "--data", self.data, "--port", "0"]
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=self.environment(), text=True
            )
        for line in self.process.stdout:
            if found := re.search(r"answers at (http://\S+)", line):
                self.address = found.group(1)
                parts = urllib.parse.urlsplit(self.address)
                self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
                return
        self.process.wait()
        log = (self.folder / "server.log").read_text(errors="replace")
        raise Failed(f"the server ended with status {self.process.returncode}: {log[-2000:]}")

    def pause(self):
        """A new server for the next piece of work: its memory is then that work's."""
        if self.process is None:
            return
        self.connection.close()
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = self.address = None

    stop = pause

    def prepare(self, work):
        parameters, lines = "", []
        if work.shape == "each":
            parameters = "{name: list, type: list}"
            line = f"echo >> {work.made}/0-$DHOW_ITEM"
            lines.append(f"    - {{name: one, command: [sh, -c, '{line}'], forEach: {{in: {{parameter: list}}}}}}")
        else:
            # The executions differ by a parameter, so that none is spared by the results of another.
            several = work.executions > 1
            parameters = "{name: part, type: integer}" if several else ""
            for index in range(work.steps):
                target = work.target(index, "$PART" if several else 0)
                extra = ", environment: {PART: {parameter: part}}" if several else ""
                if work.shape == "chain" and index:
                    extra += f", needs: [s{index - 1}]"
                lines.append(f"    - {{name: s{index}, command: [sh, -c, 'echo >> {target}']{extra}}}")
        document = DOCUMENT.format(parameters=parameters) + "\n".join(lines) + "\n"
        folder = work.folder / "pipeline"
        folder.mkdir()
        (folder / "pipeline.yaml").write_text(document)

    def run(self, work):
        command = [self.binary, "pipeline", "apply", work.folder / "pipeline"]
        applied = subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=self.limit, check=False)
        if applied.returncode != 0:
            words = applied.stderr.split("\n  fix:")[0].strip()
            # A field that this server does not know yet.
            raise Skipped(f"the server says: {words}") if work.shape == "each" and applied.returncode == 64 else Failed(words)
        self.run_again(work)

    def run_again(self, work):
        began = time.thread_time()
        if work.shape == "each":
            self.request("POST", "executions", {"pipeline": "bench", "parameters": {"list": list(range(work.steps))}})
        elif work.executions > 1:
            for part in range(work.executions):
                self.request("POST", "executions", {"pipeline": "bench", "parameters": {"part": part}})
        else:
            self.call([self.binary, "execution", "start", "bench"])
        self.client += time.thread_time() - began
        self.wait(work)

    def wait(self, work):
        """Until the server says of the newest executions, as many as there are, that they have ended."""
        began = time.monotonic()
        while True:
            newest = self.request("GET", f"executions?limit={work.executions}")["items"]
            running = [execution for execution in newest if execution.get("ended") is None]
            if not running:
                break
            waited = time.monotonic() - began
            if waited > self.limit:
                raise Failed(f"{len(running)} of {work.executions} executions have not ended after {self.limit} s")
            # Times are right to a twentieth, and long work is not asked about often: an answer holds the whole list of a `forEach`.
            time.sleep(max(0.01, waited / 20))
        states = {execution["status"] for execution in newest}
        if states != {"succeeded"}:
            raise Failed(f"executions ended as {', '.join(sorted(states))}")

    def request(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request(method, f"/api/v1/{path}", json.dumps(body) if body else None, headers)
        response = self.connection.getresponse()
        data = response.read()
        if response.status >= 300:
            raise Failed(f"{method} {path}: {response.status} {os.fsdecode(data)[:500]}")
        return json.loads(data)
