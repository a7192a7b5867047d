# SPDX-License-Identifier: Apache-2.0
"""Jobs as a CI system runs them: a folder, the binary, an exit status and files."""

import os
import pathlib
import subprocess
import sys
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("DHOW_BINARY", str(ROOT / ".build/debug/dhow"))


class Job:
    """`dhow ci run` in a folder of its own."""

    def __init__(self, folder, has_server):
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("DHOW_", "GITHUB_"))}
        self.environment["PATH"] = f"{pathlib.Path(sys.executable).parent}:{self.environment['PATH']}"
        if has_server:
            self.environment |= {name: os.environ[name] for name in ("DHOW_URL", "DHOW_TOKEN")}
            self.environment["DHOW_WORKSPACE"] = f"w-{uuid.uuid4().hex[:12]}"

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name):
        return (self.folder / "dhow-reports" / name).read_text()

    def run(self, *arguments, status):
        result = subprocess.run(
            [BINARY, "ci", "run", *arguments],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=self.folder,
            env=self.environment,
        )
        assert result.returncode == status, result.stdout + result.stderr
        return result


@pytest.fixture(params=["with a server", "without a server"])
def job(request, tmp_path):
    return Job(tmp_path, request.param == "with a server")


@pytest.fixture
def alone(tmp_path):
    return Job(tmp_path, has_server=False)
