# SPDX-License-Identifier: Apache-2.0
"""A filled source, and the server it is moved to."""

import os

import pytest
from moved import Source


@pytest.fixture
def source(tmp_path):
    return Source(tmp_path).fill()


@pytest.fixture
def target():
    import mlflow

    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DHOW_TOKEN"]
    return mlflow.MlflowClient(os.environ["DHOW_URL"])
