# SPDX-License-Identifier: Apache-2.0
"""MLflow's own scoring client, and what others send to the same paths."""

import json
import os
import urllib.parse
import uuid

import numpy as np
import pandas as pd
import pytest
import requests
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from served import TOKEN, URL, Workspace, columns_model, sums_model

PLACE = urllib.parse.urlsplit(URL)


@pytest.fixture(scope="module")
def endpoints():
    """In the workspace that is meant when none is named, because the client cannot name one."""
    assert os.environ["DHOW_URL"]
    workspace = Workspace("default")
    unique = uuid.uuid4().hex[:8]
    names = {"columns": f"columns-{unique}", "sums": f"sums-{unique}"}
    workspace.release(names["columns"], columns_model())
    workspace.release(names["sums"], sums_model())
    return names


def scoring_client(endpoint):
    """The unmodified client: the token is the password of the address, the endpoint a part of it."""
    return ScoringServerClient(f"token:{TOKEN}@{PLACE.hostname}", f"{PLACE.port}/endpoints/{endpoint}")


def send(path, body, type="application/json", headers=None):
    return requests.post(
        URL + path,
        data=body if isinstance(body, (str, bytes)) else json.dumps(body),
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": type} | (headers or {}),
        timeout=60,
    )


ANSWER = [{"score": 3.5, "name": "UA"}, {"score": 9.5, "name": "B6"}]


def test_the_client_invokes_with_tables_arrays_and_columns(endpoints):
    client = scoring_client(endpoints["columns"])
    client.ping()
    client.wait_server_ready(timeout=30)
    assert client.get_version()
    table = pd.DataFrame({"carrier": ["UA", "B6"], "hour": [7, 19], "extra": [1, 2]})
    assert client.invoke(table).get_predictions().to_dict("records") == ANSWER
    assert json.loads(client.invoke(table, params={"event_time": 1362096000000}).to_json())["predictions"] == ANSWER
    sums = scoring_client(endpoints["sums"]).invoke(np.array([[1, 2, 3], [4, 5, 6]])).get_predictions()
    assert sums["sum"].tolist() == [6, 15]


def test_all_forms_of_json_and_csv_mean_the_same(endpoints):
    path = f"/endpoints/{endpoints['columns']}/invocations"
    bodies = [
        {"dataframe_split": {"columns": ["hour", "carrier"], "index": [0, 1], "data": [[7, "UA"], [19, "B6"]]}},
        {"dataframe_records": [{"hour": 7, "carrier": "UA"}, {"hour": 19, "carrier": "B6"}]},
        {"instances": [{"hour": 7, "carrier": "UA"}, {"hour": 19, "carrier": "B6"}]},
        {"instances": [[7, "UA"], [19, "B6"]]},
        {"inputs": {"hour": [7, 19], "carrier": ["UA", "B6"]}},
        {"inputs": {"hour": [[7], [19]], "carrier": [["UA"], ["B6"]]}, "params": {"unknown": 1}},
        {"inputs": [{"hour": 7, "carrier": "UA"}, {"hour": 19, "carrier": "B6"}]},
    ]
    for body in bodies:
        answer = send(path, body)
        assert (answer.status_code, answer.json()) == (200, {"predictions": ANSWER}), body
        assert answer.headers["Dhow-Prediction"]
    for text in ("hour,carrier\n7,UA\n19,B6\n", 'carrier,other,hour\r\n"UA",1,7.0\r\nB6,2,19\r\n'):
        answer = send(path, text, "text/csv; charset=utf-8")
        assert (answer.status_code, answer.json()) == (200, {"predictions": ANSWER}), text


def test_a_matrix_is_taken_from_a_table_too(endpoints):
    path = f"/endpoints/{endpoints['sums']}/invocations"
    answer = [{"sum": 6, "twice": [2, 4, 6]}]
    for body in ({"dataframe_split": {"columns": ["a", "b", "c"], "data": [[1, 2, 3]]}}, {"instances": [[1, 2, 3]]}, {"inputs": {"x": [[1, 2, 3]]}}):
        assert send(path, body).json() == {"predictions": answer}, body
    assert send(path, "a,b,c\n1,2,3\n", "text/csv").json() == {"predictions": answer}


def test_the_path_without_a_name_needs_a_header_when_there_are_several(endpoints):
    body = {"inputs": {"hour": [7], "carrier": ["UA"]}}
    named = send("/invocations", body, headers={"Dhow-Endpoint": endpoints["columns"]})
    assert named.json() == {"predictions": ANSWER[:1]}
    unnamed = send("/invocations", body)
    assert unnamed.status_code == 400
    assert "Dhow-Endpoint" in unnamed.json()["message"]


def test_one_endpoint_needs_no_name():
    workspace = Workspace()
    workspace.release("columns", columns_model())
    body = {"inputs": {"hour": [7], "carrier": ["UA"]}}
    assert send("/invocations", body, headers=workspace.headers).json() == {"predictions": ANSWER[:1]}


def test_probes_need_no_token():
    for path in ("/ping", "/health", "/version"):
        assert requests.get(URL + path, timeout=60).status_code == 200


def test_what_is_wrong_is_told_in_mlflows_form(endpoints):
    path = f"/endpoints/{endpoints['columns']}/invocations"
    cases = [
        ("", "malformed"),
        ("[]", "not a JSON object"),
        ('{"instances": [1', "JSON"),
        ({"messages": []}, "'messages'"),
        ({"instances": [], "inputs": []}, "instances and inputs"),
        ({"dataframe_split": {"columns": ["hour"], "data": [[1, 2]]}}, "Row 0"),
        ({"dataframe_split": [1]}, "'columns'"),
        ({"inputs": {"hour": [1, 2], "carrier": ["UA"]}}, "different numbers of rows"),
        ({"inputs": {"hour": [1]}}, "'carrier'"),
        ({"inputs": {"hour": [1, "late"], "carrier": ["UA", "UA"]}}, "row 1"),
        ({"inputs": {"hour": [1], "carrier": [2]}}, "BYTES"),
        ({"instances": [{"hour": 1, "carrier": "UA"}, 1]}, "Row 1"),
        ({"inputs": {"hour": [[1], [[2]]], "carrier": ["UA", "UA"]}}, "Row 1"),
        ({"inputs": {"hour": [], "carrier": []}}, "no rows"),
        ({"inputs": {"hour": [1], "carrier": ["UA"]}, "params": 1}, "params"),
        ('{"instances": ' + "[" * 100_000, "deeper"),
    ]
    for body, says in cases:
        answer = send(path, body)
        assert answer.status_code == 400, body
        assert set(answer.json()) == {"error_code", "message"}
        if says != "malformed":
            assert says in answer.json()["message"], (body, answer.json())
    for text, says in (("", "empty"), ("hour,carrier\n7\n", "1 fields"), ('hour,carrier\n"7,UA\n', "quoted"), ("hour,carrier\nlate,UA\n", "'late'")):
        answer = send(path, text, "text/csv")
        assert answer.status_code == 400, text
        assert says in answer.json()["message"], (text, answer.json())


@pytest.mark.parametrize("type", ["application/vnd.apache.parquet", "text/plain", "application/json; format=pandas-split", ""])
def test_other_types_of_content_are_refused(endpoints, type):
    answer = send(f"/endpoints/{endpoints['columns']}/invocations", b"PAR1", type)
    assert answer.status_code == 415
    assert "text/csv" in answer.json()["message"]


def test_missing_values_reach_the_model_as_such(endpoints):
    # A missing number is NaN, the model answers NaN, and that is no answer.
    body = '{"inputs": {"hour": [NaN], "carrier": ["UA"]}}'
    answer = send(f"/endpoints/{endpoints['columns']}/invocations", body)
    assert answer.status_code == 500
    assert "no number" in answer.json()["message"]


def test_unknown_paths_and_endpoints_are_told_in_mlflows_form():
    for path in ("/endpoints/unknown/invocations", "/endpoints/a/b/c"):
        answer = send(path, {"instances": [1]})
        assert answer.status_code == 404
        assert set(answer.json()) == {"error_code", "message"}
    answer = requests.post(URL + "/invocations", json={}, timeout=60)
    assert answer.status_code == 401
    assert answer.json()["error_code"] == "UNAUTHENTICATED"


def test_an_endpoint_that_looks_features_up_takes_entity_keys():
    workspace = Workspace()
    workspace.release("columns", columns_model())
    rows = [{"entity": key, "time": 1, "values": {"hour": hour, "carrier": carrier}} for key, hour, carrier in (("n1", 7, "UA"), ("n2", 19, "B6"))]
    workspace.ask("POST", "feature-services/planes/rows", {"rows": rows})
    workspace.ask("PUT", "endpoints/columns/settings", {"features": {"service": "planes", "entity": "plane"}})
    path = "/endpoints/columns/invocations"
    for body in ({"inputs": {"plane": ["n1", "n2"]}}, {"dataframe_records": [{"plane": "n1"}, {"plane": "n2"}]}, {"instances": ["n1", "n2"]}):
        assert send(path, body, headers=workspace.headers).json() == {"predictions": ANSWER}, body
    mixed = {"inputs": {"plane": ["n1", "n2"], "hour": [1, 2]}}
    assert [row["score"] for row in send(path, mixed, headers=workspace.headers).json()["predictions"]] == [0.5, 1]
    unknown = send(path, {"inputs": {"plane": ["n3"]}}, headers=workspace.headers)
    assert unknown.status_code == 400
    assert "row 0" in unknown.json()["message"]
