# SPDX-License-Identifier: Apache-2.0
"""Executions as OpenLineage events, pulled and pushed, read by OpenLineage's own classes."""

import http.server
import json
import queue
import threading

import attr
import pytest
from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

PIPELINE = """
apiVersion: dhow/v1
kind: Pipeline
metadata: {name: nightly}
spec:
  parameters:
    - {name: data, type: snapshot}
    - {name: mood, default: good}
  steps:
    - name: clean
      command: [sh, -c, 'mkdir out; cp -r "$DHOW_INPUT_DATA" out/rows']
      inputs: {data: {snapshot: {parameter: data}}}
      outputs: {rows: {path: out, type: folder}}
    - name: fit
      command: [sh, -c, 'cp -r "$DHOW_INPUT_ROWS" model']
      inputs: {rows: {step: clean, output: rows}}
      outputs: {model: {path: model, type: model}}
    - name: register
      kind: register
      with: {model: churn, artifact: {step: fit, output: model}}
    - name: each
      forEach: {in: [a, b]}
      command: [sh, -c, 'test "$MOOD" = good']
      environment: {MOOD: {parameter: mood}}
"""
RUN_FACETS = {
    "parent": facet_v2.parent_run.ParentRunFacet,
    "errorMessage": facet_v2.error_message_run.ErrorMessageRunFacet,
    "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet,
    "executionParameters": facet_v2.execution_parameters_run.ExecutionParametersRunFacet,
}
JOB_FACETS = {"jobType": facet_v2.job_type_job.JobTypeJobFacet}
DATASET_FACETS = {
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
}
OUTPUT_FACETS = {"outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet}


def build(kind, members):
    """An object of one of OpenLineage's classes, whose validators run; members that it does not have are an error."""
    own = {name: value for name, value in members.items() if name not in ("_producer", "_schemaURL")}
    made = kind(**own, **({"producer": members["_producer"]} if "_producer" in members else {}))
    if "_schemaURL" in members:
        assert members["_schemaURL"] == kind._get_schema()
    return made


def facets(kinds, members):
    made = {}
    for name, facet in (members or {}).items():
        facet = dict(facet)
        if name == "parent":
            facet["run"] = build(facet_v2.parent_run.Run, facet["run"])
            facet["job"] = build(facet_v2.parent_run.Job, facet["job"])
        if name == "executionParameters":
            one = facet_v2.execution_parameters_run.ExecutionParameter
            facet["parameters"] = [build(one, each) for each in facet["parameters"]]
        if name == "schema":
            facet["fields"] = [build(facet_v2.schema_dataset.SchemaDatasetFacetFields, each) for each in facet["fields"]]
        made[name] = build(kinds[name], facet)
    return made


def read(text):
    """An event as OpenLineage's library has it; written again it says the same."""
    members = json.loads(text)
    assert members["schemaURL"] == event_v2.RunEvent._get_schema()
    event = event_v2.RunEvent(
        eventType=event_v2.RunState(members["eventType"]),
        eventTime=members["eventTime"],
        producer=members["producer"],
        run=event_v2.Run(runId=members["run"]["runId"], facets=facets(RUN_FACETS, members["run"]["facets"])),
        job=event_v2.Job(
            namespace=members["job"]["namespace"],
            name=members["job"]["name"],
            facets=facets(JOB_FACETS, members["job"]["facets"]),
        ),
        inputs=[
            event_v2.InputDataset(each["namespace"], each["name"], facets=facets(DATASET_FACETS, each["facets"]))
            for each in members["inputs"]
        ],
        outputs=[
            event_v2.OutputDataset(
                each["namespace"],
                each["name"],
                facets=facets(DATASET_FACETS, each["facets"]),
                outputFacets=facets(OUTPUT_FACETS, each.get("outputFacets")),
            )
            for each in members["outputs"]
        ],
    )
    assert without_empty(json.loads(Serde.to_json(event))) == without_empty(members)
    return event


def without_empty(value):
    if isinstance(value, dict):
        kept = {name: without_empty(member) for name, member in value.items()}
        return {name: member for name, member in kept.items() if member not in ({}, [])}
    return [without_empty(each) for each in value] if isinstance(value, list) else value


def prepare(dhow):
    dhow.write("p/pipeline.yaml", PIPELINE)
    dhow.write("rows.csv", "month,left\n1,0\n2,1\n")
    dhow("snapshot", "record", "customers", "--file", "rows.csv")
    dhow("pipeline", "apply", "p")


def run(dhow, *arguments, status=0):
    dhow("execution", "start", "nightly", "--watch", "--parameter", "data=customers@0", *arguments, status=status)
    return dhow.json("execution", "list")[0]["id"]


def lineage(dhow, execution):
    return [read(line) for line in dhow("lineage", "execution", execution).stdout.splitlines()]


def named(datasets):
    return [dataset.name for dataset in datasets]


def test_every_step_has_a_start_and_an_end(dhow):
    prepare(dhow)
    events = lineage(dhow, run(dhow))
    runs = {}
    for event in events:
        runs.setdefault((event.job.name, event.run.runId), []).append(event.eventType.value)
    assert all(kinds == ["START", "COMPLETE"] for kinds in runs.values())
    jobs = sorted(name for name, _ in runs)
    assert jobs == ["nightly", "nightly.clean", "nightly.each", "nightly.each", "nightly.fit", "nightly.register"]
    root = next(event.run.runId for event in events if event.job.name == "nightly")
    parents = {event.run.facets["parent"].run.runId for event in events if event.job.name != "nightly"}
    assert parents == {root}
    assert [event.eventTime for event in events] == sorted(event.eventTime for event in events)


def test_datasets_lead_from_the_snapshot_to_the_model(dhow):
    prepare(dhow)
    ends = {event.job.name: event for event in lineage(dhow, run(dhow)) if event.eventType.value == "COMPLETE"}
    assert named(ends["nightly.clean"].inputs) == ["customers"]
    columns = [field.name for field in ends["nightly.clean"].inputs[0].facets["schema"].fields]
    assert columns == ["month", "left"]
    assert named(ends["nightly.clean"].outputs) == named(ends["nightly.fit"].inputs) == ["nightly/clean/rows"]
    assert named(ends["nightly.fit"].outputs) == named(ends["nightly.register"].inputs)
    assert named(ends["nightly.register"].outputs) == ["model/churn"]
    assert ends["nightly.register"].outputs[0].facets["version"].datasetVersion == "1"


def test_a_failure_says_why_and_what_was_reused_is_told(dhow):
    prepare(dhow)
    run(dhow)
    events = lineage(dhow, run(dhow, "--parameter", "mood=bad", status=1))
    failed = [event for event in events if event.eventType.value == "FAIL"]
    assert sorted(event.job.name for event in failed) == ["nightly", "nightly.each", "nightly.each"]
    assert all("1" in event.run.facets["errorMessage"].message for event in failed if event.job.name != "nightly")
    reused = [event.job.name for event in events if event.eventType.value == "COMPLETE"]
    assert {"nightly.clean", "nightly.fit"} <= set(reused)


class Receiver:
    """Takes what is posted, at an address that the server's egress allows."""

    def __init__(self):
        self.bodies = queue.Queue()
        bodies = self.bodies

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                bodies.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(201)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.2", 0), Handler)
        self.url = f"http://127.0.0.2:{self.server.server_port}/api/v1/lineage"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()


def test_a_webhook_sends_the_same_events(dhow, receiver):
    prepare(dhow)
    dhow("webhook", "create", "marquez", "--to", receiver.url, "--on", "*", "--format", "openlineage")
    execution = run(dhow)
    pulled = {as_json(event) for event in lineage(dhow, execution)}
    pushed = {as_json(read(receiver.bodies.get(timeout=60))) for _ in pulled}
    assert pushed == pulled


def as_json(event):
    return json.dumps(attr.asdict(event), sort_keys=True, default=str)
