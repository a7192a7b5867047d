# SPDX-License-Identifier: Apache-2.0
"""`dhow retention`: what the stock client deleted goes for good, what is referred to stays."""

import json
import os
import pathlib
import subprocess
import urllib.request
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("DHOW_BINARY", str(ROOT / ".build/debug/dhow"))


def dhow(*arguments, check=True):
    result = subprocess.run([BINARY, *arguments, "--json"], capture_output=True, text=True, timeout=120, check=False)
    if check:
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)
    return result


def get(path):
    request = urllib.request.Request(
        f"{os.environ['DHOW_URL']}/api/v1/{path}", headers={"Authorization": f"Bearer {os.environ['DHOW_TOKEN']}"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.fixture
def client():
    import mlflow

    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DHOW_TOKEN"]
    return mlflow.MlflowClient(os.environ["DHOW_URL"])


class Group:
    """An experiment of five runs with a file each."""

    def __init__(self, client):
        self.name = f"kept-{uuid.uuid4().hex[:8]}"
        self.id = client.create_experiment(self.name)
        self.runs = []
        for _ in range(5):
            run = client.create_run(self.id).info.run_id
            client.log_metric(run, "loss", 0.5)
            client.log_text(run, "four", "note.txt")
            client.set_terminated(run)
            self.runs.append(run)


@pytest.fixture
def group(client):
    return Group(client)


def test_deleted_runs_go_as_the_dry_run_says_and_what_is_referred_to_stays(client, group):
    free, versioned, held = group.runs[0], group.runs[1], group.runs[2]
    model = f"model-{group.name}"
    client.create_registered_model(model)
    client.create_model_version(model, f"runs:/{versioned}/note.txt", versioned)
    client.set_tag(held, "dhow.hold", "case 7")
    for run in (free, versioned, held):
        client.delete_run(run)
    dhow("retention", "set", "--experiment", group.name, "--deleted-after", "0")
    dry = dhow("retention", "run", "--dry-run")
    line = next(line for line in dry["lines"] if free in line["ids"])
    assert (line["action"], line["count"], line["files"], line["bytes"]) == ("purge-runs", 1, 1, 4)
    assert client.get_run(free).info.lifecycle_stage == "deleted"
    done = dhow("retention", "run")
    assert done["lines"] == dry["lines"]
    with pytest.raises(Exception, match=r"Run with id=\w+ not found"):
        client.get_run(free)
    for run in (versioned, held):
        assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert client.get_run(group.runs[3]).info.lifecycle_stage == "active"
    entries = get(f"ledger/entries?resource=experiment/{group.id}&verb=retention.purged")["items"]
    assert free in json.dumps(entries)


def test_unreferred_runs_are_put_away_first(client, group):
    dhow("retention", "set", "--experiment", group.name, "--deleted-after", "0", "--unreferred-after", "0")
    dhow("retention", "run")
    assert {client.get_run(run).info.lifecycle_stage for run in group.runs} == {"deleted"}
    client.restore_run(group.runs[0])
    client.set_tag(group.runs[0], "dhow.hold", "")
    dhow("retention", "run")
    assert [run.info.run_id for run in client.search_runs([group.id], run_view_type=3)] == [group.runs[0]]


def test_an_experiment_goes_with_all_that_is_in_it(client, group):
    client.delete_experiment(group.id)
    dhow("retention", "set", "--experiment", group.name, "--deleted-after", "0")
    done = dhow("retention", "run")
    assert {line["action"]: line["ids"] for line in done["lines"]}["purge-experiments"] == [group.id]
    assert client.get_experiment_by_name(group.name) is None
    # Its policy went with it.
    assert int(group.id) not in [item.get("experiment") for item in dhow("retention", "show")]


def test_a_policy_that_says_nothing_is_refused():
    assert dhow("retention", "set", check=False).returncode == 64


def test_policies_are_shown_and_deleted(client, group):
    dhow("retention", "set", "--experiment", group.name, "--traces-after", "7")
    policy = next(item for item in dhow("retention", "show") if item.get("experiment") == int(group.id))
    assert policy["traceDays"] == 7
    dhow("retention", "delete", "--experiment", group.name)
    assert dhow("retention", "delete", "--experiment", group.name, check=False).returncode == 66
