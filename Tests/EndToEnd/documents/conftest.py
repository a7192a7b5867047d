# SPDX-License-Identifier: Apache-2.0
"""The binary under test, in workspaces of their own."""

import json
import os
import pathlib
import subprocess
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("DHOW_BINARY", str(ROOT / ".build/debug/dhow"))


class Dhow:
    """`dhow` in a fresh workspace of the server that DHOW_URL names, working in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "DHOW_WORKSPACE": f"w-{uuid.uuid4().hex[:12]}"}

    def __call__(self, *arguments, status=0):
        result = subprocess.run(
            [BINARY, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=self.folder,
            env=self.environment,
        )
        assert result.returncode == status, result.stdout + result.stderr
        return result

    def json(self, *arguments, status=0):
        return json.loads(self(*arguments, "--json", status=status).stdout)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def dhow(tmp_path):
    return Dhow(tmp_path)
