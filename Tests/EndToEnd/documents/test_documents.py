# SPDX-License-Identifier: Apache-2.0
"""`dhow plan`, `apply`, `drift` and `delete` over folders of documents, with the real binary."""

import json
import subprocess

import pytest

MONITOR = """\
apiVersion: dhow/v1
kind: Monitor
metadata: {name: churn}
spec:
  endpoint: churn
  features:
    - {name: age, kind: number}
  thresholds: {minimumRows: %d}
"""

PIPELINE = """\
# Trains.
apiVersion: dhow/v1
kind: Pipeline
metadata: {name: churn}
spec:
  steps:
    - {name: train, command: [python3, train.py], source: [train.py, "lib/**"]}
---
apiVersion: dhow/v1
kind: Trigger
metadata: {name: retrain}
spec: {event: performance.breached, pipeline: churn}
"""


def deploy(dhow, rows=200):
    dhow.write("deploy/monitor.yaml", MONITOR % rows)
    dhow.write("deploy/churn/pipeline.yml", PIPELINE)
    dhow.write("deploy/churn/train.py", "print('trained')\n")
    dhow.write("deploy/churn/lib/a.py", "A = 1\n")
    dhow.write("deploy/churn/notes.json", '{"nothing": "of ours"}')
    dhow.write("deploy/.hidden/monitor.yaml", "kind: ][ dhow/v1")


def test_plan_exits_with_0_2_and_1(dhow):
    deploy(dhow)
    planned = dhow("plan", "deploy", "--source", "git", status=2)
    assert "+ create     Monitor churn  deploy/monitor.yaml:5" in planned.stdout
    assert "+ create     Trigger retrain  deploy/churn/pipeline.yml:12" in planned.stdout
    assert "3 to create, 0 to update, 0 to delete, 0 without change by git." in planned.stdout
    assert "skipped 1 files that are no documents of Dhow: deploy/churn/notes.json" in planned.stderr

    applied = dhow("apply", "deploy", "--source", "git")
    assert "3 created, 0 updated, 0 deleted, 0 unchanged by git." in applied.stdout
    unchanged = dhow("plan", "deploy", "--source", "git", status=0)
    assert "= no change  Pipeline churn" in unchanged.stdout
    assert dhow("apply", "deploy", "--source", "git").returncode == 0

    deploy(dhow, rows=300)
    changed = dhow("plan", "deploy", "--source", "git", status=2)
    assert "~ update     Monitor churn" in changed.stdout
    assert "thresholds.minimumRows: 200 → 300" in changed.stdout

    dhow.write("deploy/monitor.yaml", (MONITOR % 300).replace("endpoint:", "endpint:").replace("number", "nmber"))
    dhow.write("deploy/churn/pipeline.yml", PIPELINE.replace("pipeline: churn}", "pipeline: absent}"))
    refused = dhow("plan", "deploy", "--source", "git", status=1)
    lines = [line for line in refused.stderr.splitlines() if ": error: " in line]
    assert lines == [
        "deploy/monitor.yaml:5:3: error: 'spec' has no 'endpoint'.",
        "deploy/monitor.yaml:5:3: error: There is no field 'endpint' in 'spec'.",
        "deploy/monitor.yaml:7:25: error: 'kind' of an element of 'features' of 'spec' is 'nmber'.",
        "deploy/churn/pipeline.yml:12:7: error: There is no pipeline 'absent'.",
    ]
    assert "fix: Did you mean 'endpoint'?" in refused.stderr
    before = dhow.json("document", "list")
    failed = dhow("apply", "deploy", "--source", "git", status=64)
    assert "deploy/monitor.yaml:5:3: error: " in failed.stderr
    assert dhow.json("document", "list") == before


def test_plan_exits_with_1_when_it_cannot_be_made(dhow):
    dhow("plan", "absent", status=1)
    dhow.write("empty/readme.txt", "")
    refused = dhow("plan", "empty", "--prune", status=1)
    assert "There are no documents" in refused.stderr
    deploy(dhow)
    dhow("plan", "deploy", "--url", "http://127.0.0.1:1", status=1)


def test_a_pipeline_comes_with_the_files_its_steps_read(dhow):
    deploy(dhow)
    dhow("apply", "deploy", "--source", "git")
    first = dhow.json("pipeline", "show", "churn")
    assert sorted(first["content"]["sources"]) == ["lib/a.py", "train.py"]
    dhow.write("deploy/churn/lib/a.py", "A = 2\n")
    plan = dhow.json("plan", "deploy", "--source", "git", status=2)
    changed = [item for item in plan["objects"] if item["action"] != "no-change"]
    assert [(item["kind"], [change["path"] for change in item["changes"]]) for item in changed] == [("Pipeline", ["files"])]
    dhow("apply", "deploy", "--source", "git", "--plan", plan["digest"])
    assert dhow.json("pipeline", "show", "churn")["version"] == 2
    stale = dhow("apply", "deploy", "--source", "git", "--plan", plan["digest"], status=1)
    assert "The plan that was seen is not what would be done now." in stale.stderr
    execution = dhow.json("execution", "start", "churn")
    assert execution["pipelineVersion"] == 2


def test_prune_and_owners(dhow):
    deploy(dhow)
    dhow.write("other/monitor.yaml", (MONITOR % 200).replace("name: churn", "name: theirs"))
    dhow("apply", "deploy", "--source", "git")
    dhow("apply", "other", "--source", "other")
    (dhow.folder / "deploy/monitor.yaml").unlink()
    assert dhow.json("plan", "deploy", "--source", "git")["hasChanges"] is False
    pruned = dhow("plan", "deploy", "--source", "git", "--prune", status=2)
    assert "- delete     Monitor churn" in pruned.stdout
    dhow("apply", "deploy", "--source", "git", "--prune")
    assert [item["name"] for item in dhow.json("monitor", "list")] == ["theirs"]

    foreign = dhow("plan", "other", "--source", "git", status=1)
    assert "other/monitor.yaml:5:3: error: Monitor 'theirs' is declared by source 'other'." in foreign.stderr
    dhow("apply", "other", "--source", "git", status=1)
    taken = dhow("apply", "other", "--source", "git", "--take-over")
    assert "(taken from other)" in taken.stdout


def test_drift(dhow):
    deploy(dhow)
    dhow("apply", "deploy", "--source", "git")
    assert "0 of 3 declared objects" in dhow("drift", "--source", "git").stdout
    specification = dhow.json("monitor", "list")[0]["specification"]
    specification["thresholds"]["minimumRows"] = 999
    dhow.write("by-hand.json", json.dumps(specification))
    dhow("monitor", "apply", "--file", "by-hand.json")
    drifted = dhow("drift", "--source", "git", status=2)
    assert "~ changed  Monitor churn  (git)" in drifted.stdout
    assert "thresholds.minimumRows: 200 → 999" in drifted.stdout
    planned = dhow("plan", "deploy", "--source", "git", status=2)
    assert "was changed by other ways since it was applied" in planned.stdout
    dhow("apply", "deploy", "--source", "git")
    dhow("drift")
    dhow("drift", "--url", "http://127.0.0.1:1", status=1)


def test_delete(dhow):
    deploy(dhow)
    dhow("apply", "deploy", "--source", "git")
    assert "3 to delete" in dhow("delete", "deploy", "--source", "git", "--dry-run").stdout
    assert len(dhow.json("document", "list")) == 3
    deleted = dhow("delete", "deploy/churn", "--source", "git")
    assert [line.split()[2:4] for line in deleted.stdout.splitlines()[:2]] == [["Trigger", "retrain"], ["Pipeline", "churn"]]
    dhow("pipeline", "show", "churn", status=66)
    dhow("delete", "deploy/churn", "--source", "git")
    dhow("delete", "--source", "git", status=64)
    dhow("delete", "--source", "git", "--all")
    assert dhow.json("document", "list") == []


def test_what_is_kept_and_the_source_that_git_names(dhow):
    def git(*arguments):
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
        return subprocess.run(command, cwd=dhow.folder, check=True, capture_output=True, text=True).stdout.strip()

    deploy(dhow)
    git("init", "-q")
    git("remote", "add", "origin", "https://someone:secret@git.example.org/acme/churn.git")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    commit = git("rev-parse", "HEAD")
    dhow("apply", "deploy")
    shown = dhow.json("document", "show", "Monitor", "churn")
    assert shown["source"] == "acme/churn:deploy"
    assert shown["commit"] == commit
    assert shown["author"] == "user:admin"
    assert shown["generation"] == 1
    assert len(shown["digest"]) == 64
    assert shown["file"] == "deploy/monitor.yaml"
    assert shown["document"] == MONITOR % 200
    assert shown["spec"]["thresholds"]["driftWarning"] == 0.1
    deploy(dhow, rows=400)
    dhow("apply", "deploy")
    again = dhow.json("document", "show", "Monitor", "churn")
    assert again["generation"] == 2
    assert again["commit"] == commit + "-dirty"
    assert dhow("document", "show", "Monitor", "churn", "--document").stdout == MONITOR % 400
    verbs = [(entry["verb"], entry["resource"]) for entry in json.loads(dhow.get("ledger/entries?limit=50"))["items"]]
    assert verbs.count(("document.applied", "document/Monitor/churn")) == 2


@pytest.mark.parametrize(
    ("remote", "source"),
    [
        ("git@git.example.org:acme/churn.git", "acme/churn"),
        ("ssh://git@git.example.org:2222/group/acme/churn", "acme/churn"),
        ("/srv/git/churn.git", "git/churn"),
        (None, "here"),
    ],
)
def test_the_source_is_the_same_for_every_clone(dhow, remote, source):
    dhow.write("here/deploy/monitor.yaml", MONITOR % 200)
    here = dhow.folder / "here"
    subprocess.run(["git", "init", "-q"], cwd=here, check=True)
    if remote:
        subprocess.run(["git", "remote", "add", "origin", remote], cwd=here, check=True)
    assert dhow.json("plan", "here", status=2)["source"] == source
    assert dhow.json("plan", "here/deploy/monitor.yaml", status=2)["source"] == source + ":deploy"
