# SPDX-License-Identifier: Apache-2.0
"""Prefect with its server, on SQLite, and results kept in files.

The server is started once, as it takes long. Executions at once are flows in threads of one process, the cheapest way there is; a
deployment with a worker would take a process for each. Run as a program, this is the workload.
"""

import concurrent.futures
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from contender import PROGRAMS, WORKERS, Contender, Failed, Work


class Prefect(Contender):
    name = "prefect"
    distribution = "prefect"
    most_steps = 100
    most_executions = 10

    def __init__(self, folder, limit):
        super().__init__(folder, limit)
        self.process = None
        self.address = None

    def environment(self):
        settings = {
            "PREFECT_HOME": str(self.folder / "home"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
            "DO_NOT_TRACK": "1",
        }
        return super().environment() | settings | ({"PREFECT_API_URL": self.address} if self.address else {})

    @property
    def server(self):
        return self.process.pid if self.process else None

    def start(self):
        if self.process is not None:
            return
        # The server says its port as it was asked for it, so 0 would leave us without.
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        command = [str(PROGRAMS / "prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
        with open(self.folder / "server.log", "wb") as log:
            self.process = subprocess.Popen(
                command, env=self.environment(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        self.address = f"http://127.0.0.1:{port}/api"
        deadline = time.monotonic() + self.limit
        while True:
            try:
                with urllib.request.urlopen(self.address + "/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failed((self.folder / "server.log").read_text(errors="replace")[-2000:]) from None
                time.sleep(0.2)

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def run(self, work):
        self.call([sys.executable, __file__, work.shape, work.steps, work.folder, work.executions])


def main(shape, steps, folder, executions):
    import prefect
    from prefect.cache_policies import INPUTS
    from prefect.task_runners import ThreadPoolTaskRunner

    work = Work(shape, int(steps), pathlib.Path(folder), int(executions))

    @prefect.task(cache_policy=INPUTS, persist_result=True)
    def step(line):
        subprocess.run(["sh", "-c", line], check=True)
        return True

    @prefect.flow(name=shape, task_runner=ThreadPoolTaskRunner(max_workers=WORKERS))
    def pipeline(execution):
        futures = []
        for index in range(work.steps):
            before = futures[-1:] if shape == "chain" else []
            futures.append(step.submit(work.line(index, execution), wait_for=before))
        return all(future.result() for future in futures)

    with concurrent.futures.ThreadPoolExecutor(work.executions) as threads:
        sys.exit(0 if all(threads.map(pipeline, range(work.executions))) else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
