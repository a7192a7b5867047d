# SPDX-License-Identifier: Apache-2.0
"""A server with released models: its addresses in DHOW_URL and DHOW_GRPC, a token in DHOW_TOKEN."""

import importlib.util
import os

import pytest

# The clients have an environment of their own, .venv-clients; the other suites' environment leaves these tests out.
if importlib.util.find_spec("tritonclient") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def workspace():
    missing = [name for name in ("DHOW_URL", "DHOW_GRPC", "DHOW_TOKEN") if not os.environ.get(name)]
    if missing:
        pytest.exit(f"set {' and '.join(missing)} to a running server and a token for it", returncode=2)
    from served import Workspace, columns_model, datatypes_model, sums_model

    workspace = Workspace()
    workspace.release("sums", sums_model())
    workspace.release("types", datatypes_model())
    workspace.release("columns", columns_model())
    return workspace
