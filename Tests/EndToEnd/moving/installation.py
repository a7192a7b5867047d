# SPDX-License-Identifier: Apache-2.0
"""A further server beside the one under test, fresh and on SQLite."""

import os
import pathlib
import subprocess

from moved import BINARY


class Installation:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def __enter__(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DHOW_")}
        command = [BINARY, "serve", "--data", str(self.folder / "data"), "--port", "0"]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for line in self.process.stdout:
            if "answers at " in line:
                self.url = line.split("answers at ", 1)[1].strip()
                break
        else:
            raise AssertionError("the server did not start")
        token = (self.folder / "data" / "admin-token").read_text().strip()
        self.environment = environment | {"DHOW_URL": self.url, "DHOW_TOKEN": token}
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def run(self, *arguments, check=True):
        """Runs the command line against this server."""
        return run(*arguments, environment=self.environment, check=check)


def run(*arguments, environment=None, check=True):
    result = subprocess.run(
        [BINARY, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if check:
        assert result.returncode == 0, result.stderr
    return result


def kill_when(process, condition):
    """Kills a command as soon as the condition holds, unless it has ended by itself."""
    while not condition():
        try:
            process.wait(timeout=0.01)
            return
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    process.wait()
