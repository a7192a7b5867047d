# SPDX-License-Identifier: Apache-2.0
"""What the tests need of their surroundings: a running server, named by DHOW_URL, and a token for it, DHOW_TOKEN."""

import importlib
import os
import uuid

import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(*names): what of the module mlflow the test uses and older clients lack")


def pytest_runtest_setup(item):
    import mlflow

    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if not has(mlflow, name):
                pytest.skip(f"mlflow {mlflow.__version__} has no {name}")


def has(value, name):
    """Whether a dotted name leads somewhere, through modules and attributes."""
    for part in name.split("."):
        if not hasattr(value, part):
            try:
                importlib.import_module(f"{value.__name__}.{part}")
            except (AttributeError, ImportError):
                return False
        value = getattr(value, part)
    return True


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
