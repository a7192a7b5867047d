# SPDX-License-Identifier: Apache-2.0
"""Both sides of an import, as clients see them."""

import json
import math
import os
import urllib.request


def facts(run):
    """All that a client sees of a run, in one comparable value; NaN equals NaN."""
    metrics = {key: "nan" if math.isnan(value) else value for key, value in run.data.metrics.items()}
    inputs = sorted((i.dataset.name, i.dataset.digest, tuple((t.key, t.value) for t in i.tags)) for i in run.inputs.dataset_inputs)
    info = run.info
    return (
        info.run_id, info.run_name, info.status, info.start_time, info.end_time, info.lifecycle_stage, info.user_id,
        run.data.params, run.data.tags, metrics, inputs,
    )  # fmt: skip


def points(client, run, key):
    history = client.get_metric_history(run, key)
    return sorted((p.step, p.timestamp, "nan" if math.isnan(p.value) else p.value) for p in history)


def compare(source, target):
    """Every run, metric, param, tag, artifact, version and alias is the same on both sides."""
    here = target.get_experiment_by_name(source.experiment.name)
    assert here.tags == source.experiment.tags
    assert here.creation_time == source.experiment.creation_time
    for identifier in source.runs:
        there, moved = source.client.get_run(identifier), target.get_run(identifier)
        assert facts(moved) == facts(there)
        assert moved.info.experiment_id == here.experiment_id
        for key in there.data.metrics:
            assert points(target, identifier, key) == points(source.client, identifier, key)
        with open(target.download_artifacts(identifier, "notes/note.txt")) as file:
            assert file.read() == f"text {source.runs.index(identifier)}"
    there, moved = source.client.get_registered_model(source.model), target.get_registered_model(source.model)
    assert (moved.description, moved.tags) == (there.description, there.tags)
    # The client gives numbers as text when it asks a server.
    aliases = [{alias: int(number) for alias, number in side.aliases.items()} for side in (there, moved)]
    assert aliases[0] == aliases[1]
    versions = [
        {
            int(v.version): (v.description, v.tags, v.run_id, v.creation_timestamp, v.current_stage)
            for v in client.search_model_versions(f"name='{source.model}'")
        }
        for client in (source.client, target)
    ]
    assert versions[0] == versions[1]
    assert sorted(versions[1]) == [1, 3]


def stored_points(source):
    """How many points the server says that the import of the source has stored."""
    request = urllib.request.Request(
        f"{os.environ['DHOW_URL']}/api/v1/imports?limit=1000",
        headers={"Authorization": f"Bearer {os.environ['DHOW_TOKEN']}"},
    )
    with urllib.request.urlopen(request) as answer:
        imports = json.load(answer)["items"]
    position = next((item.get("position") for item in imports if item["source"] == source.url), None)
    return json.loads(position)["tally"]["kinds"].get("metrics", {}).get("count", 0) if position else 0
