# SPDX-License-Identifier: Apache-2.0
"""Stages of model versions through the unmodified client, which stand on Dhow's transitions between environments."""

import json
import os
import urllib.request

import pytest
from mlflow.exceptions import MlflowException

STAGES = ["None", "Staging", "Production", "Archived"]


def ask(path):
    request = urllib.request.Request(
        f"{os.environ['DHOW_URL']}/api/v1/{path}", headers={"Authorization": f"Bearer {os.environ['DHOW_TOKEN']}"}
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


@pytest.fixture
def versions(client, unique):
    client.create_registered_model(unique)
    for _ in range(3):
        client.create_model_version(unique, source="s3://elsewhere/model")
    return unique


@pytest.mark.parametrize("origin", STAGES)
@pytest.mark.parametrize("target", STAGES)
def test_any_stage_may_follow_any_other(client, versions, origin, target):
    client.transition_model_version_stage(versions, "1", origin)
    assert client.get_model_version(versions, "1").current_stage == origin
    moved = client.transition_model_version_stage(versions, "1", target)
    assert moved.current_stage == target
    assert client.get_model_version(versions, "1").current_stage == target


def test_archives_what_was_there_and_nothing_else(client, versions):
    client.transition_model_version_stage(versions, "1", "Production")
    client.transition_model_version_stage(versions, "2", "Staging")
    client.transition_model_version_stage(versions, "3", "Production", archive_existing_versions=True)
    assert [client.get_model_version(versions, str(n)).current_stage for n in (1, 2, 3)] == ["Archived", "Staging", "Production"]
    latest = client.get_latest_versions(versions)
    assert sorted((v.current_stage, v.version) for v in latest) == sorted([("Archived", "1"), ("Staging", "2"), ("Production", "3")])
    again = client.transition_model_version_stage(versions, "3", "Production", archive_existing_versions=True)
    assert again.current_stage == "Production"


def test_refuses_what_mlflow_refuses(client, versions):
    with pytest.raises(MlflowException, match="Invalid Model Version stage"):
        client.transition_model_version_stage(versions, "1", "Nowhere")
    with pytest.raises(MlflowException):
        client.transition_model_version_stage(versions, "1", "Archived", archive_existing_versions=True)
    with pytest.raises(MlflowException):
        client.transition_model_version_stage(versions, "9", "Staging")


def test_the_history_has_each_move(client, versions):
    for stage in ["Staging", "Archived", "Production"]:
        client.transition_model_version_stage(versions, "1", stage)
    history = ask(f"models/{versions}/transitions")["items"]
    assert [(entry["from"], entry["to"]) for entry in reversed(history)] == [
        ("none", "staging"),
        ("staging", "archived"),
        ("archived", "none"),
        ("none", "production"),
    ]
    assert all(entry["reason"] for entry in history)
    standing = ask(f"models/{versions}/standing?at={history[0]['time']}")["items"]
    assert [(entry["version"], entry["to"]) for entry in standing] == [(1, "production")]
    assert ask(f"models/{versions}/versions/1")["environment"] == "production"
