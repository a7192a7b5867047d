# SPDX-License-Identifier: Apache-2.0
"""The binary under test, in workspaces of their own."""

import json
import os
import pathlib
import subprocess
import urllib.request
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("DHOW_BINARY", str(ROOT / ".build/debug/dhow"))


class Dhow:
    """`dhow` in a fresh workspace of the server that DHOW_URL names, working in one folder."""

    binary = BINARY

    def __init__(self, folder):
        self.folder = folder
        self.environment = {
            **os.environ,
            "DHOW_WORKSPACE": f"w-{uuid.uuid4().hex[:12]}",
        }

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

    def get(self, path):
        """What the server answers to `GET /api/v1/PATH` in this workspace, as it came."""
        request = urllib.request.Request(
            f"{os.environ['DHOW_URL']}/api/v1/{path}",
            headers={
                "Authorization": f"Bearer {os.environ['DHOW_TOKEN']}",
                "Dhow-Workspace": self.environment["DHOW_WORKSPACE"],
            },
        )
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def dhow(tmp_path):
    return Dhow(tmp_path)


@pytest.fixture(scope="module")
def module_dhow(tmp_path_factory):
    """One for all tests of a module, which then must not mind each other."""
    return Dhow(tmp_path_factory.mktemp("dhow"))


@pytest.fixture
def binary():
    return BINARY
