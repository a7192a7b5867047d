# SPDX-License-Identifier: Apache-2.0
"""What the tests need of their surroundings: a running server, named by DHOW_URL, and a token for it, DHOW_TOKEN."""

import os
import uuid

import pytest


@pytest.fixture(scope="session", autouse=True)
def server():
    """Points the unmodified client at the server and keeps it from waiting long on failures."""
    missing = [name for name in ("DHOW_URL", "DHOW_TOKEN") if not os.environ.get(name)]
    if missing:
        pytest.exit(f"set {' and '.join(missing)} to a running server and a token for it", returncode=2)
    os.environ["MLFLOW_TRACKING_URI"] = os.environ["DHOW_URL"]
    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DHOW_TOKEN"]
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    return os.environ["DHOW_URL"]


@pytest.fixture
def client(server):
    import mlflow

    mlflow.set_tracking_uri(server)
    return mlflow.MlflowClient(server)


@pytest.fixture
def unique():
    """A name no other test or earlier pass has used."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def experiment(client, unique):
    return client.create_experiment(unique)
