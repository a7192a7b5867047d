# SPDX-License-Identifier: Apache-2.0
"""What MLflow's client of users and permissions is told; it needs packages of the server, so its calls are made by hand."""

import os

import pytest
import requests


def call(method, path, body=None, query=None, token=None):
    return requests.request(
        method,
        os.environ["DHOW_URL"] + path,
        headers={"Authorization": "Bearer " + (token or os.environ["DHOW_TOKEN"])},
        json=body,
        params=query,
        timeout=20,
    )


def found(name):
    return call("GET", "/api/2.0/mlflow/users/get", query={"username": name}).json()["user"]


@pytest.fixture
def person(unique):
    """A new user who may only read, and its token."""
    token = call("POST", "/api/v1/tokens", {"principal": unique, "note": "test"}).json()["token"]
    binding = {"principal": unique, "workspace": "default", "role": "viewer"}
    assert call("POST", "/api/v1/bindings", binding).status_code == 201
    return unique, token


def test_the_current_user_is_told(person):
    name, token = person
    answer = call("GET", "/api/2.0/mlflow/users/current", token=token)
    assert answer.json() == {"user": {"id": name, "username": name, "is_admin": False}, "is_basic_auth": False}
    answer = call("GET", "/ajax-api/2.0/mlflow/users/current")
    assert answer.json()["user"] == {"id": "admin", "username": "admin", "is_admin": True}


def test_users_are_found_by_name(person):
    assert found(person[0]) == {"id": person[0], "username": person[0], "is_admin": False}
    assert call("GET", "/api/2.0/mlflow/users/get", query={"username": "nobody-of-that-name"}).status_code == 404


def test_users_are_listed(person):
    users = call("GET", "/api/2.0/mlflow/users/list").json()["users"]
    assert {"id": person[0], "username": person[0], "is_admin": False} in users
    assert {"id": "admin", "username": "admin", "is_admin": True} in users


@pytest.mark.parametrize("repetitions", [1, 2])
def test_an_administrator_is_made_and_unmade(person, repetitions):
    for wanted in (True, False):
        for _ in range(repetitions):
            answer = call("PATCH", "/api/2.0/mlflow/users/update-admin", {"username": person[0], "is_admin": wanted})
            assert (answer.status_code, answer.json()) == (200, {})
        assert found(person[0])["is_admin"] is wanted


def test_others_than_administrators_see_and_change_nobody(person):
    name, token = person
    assert call("GET", "/api/2.0/mlflow/users/list", token=token).status_code == 403
    body = {"username": name, "is_admin": True}
    assert call("PATCH", "/api/2.0/mlflow/users/update-admin", body, token=token).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "command"),
    [
        ("POST", "/api/2.0/mlflow/users/create", "dhow token create"),
        ("PATCH", "/api/2.0/mlflow/users/update-password", "dhow token"),
        ("DELETE", "/api/2.0/mlflow/users/delete", "dhow token revoke"),
        ("POST", "/api/2.0/mlflow/experiments/permissions/create", "dhow binding create"),
        ("GET", "/api/2.0/mlflow/experiments/permissions/get", "dhow binding list"),
        ("PATCH", "/ajax-api/2.0/mlflow/registered-models/permissions/update", "dhow binding"),
        ("DELETE", "/api/2.0/mlflow/registered-models/permissions/delete", "dhow binding delete"),
        ("POST", "/api/3.0/mlflow/roles/create", "dhow binding"),
        ("POST", "/api/3.0/mlflow/users/permissions/grant", "dhow binding create"),
    ],
)
def test_what_has_no_counterpart_names_the_command_that_does_it(method, path, command):
    answer = call(method, path, {})
    assert (answer.status_code, answer.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
    assert command in answer.json()["message"]
