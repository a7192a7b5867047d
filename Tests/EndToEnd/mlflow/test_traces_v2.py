# SPDX-License-Identifier: Apache-2.0
"""Traces of version 2, as clients of mlflow before 3.0 record and read them: their spans are files among the artifacts."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException

pytestmark = pytest.mark.skipif(
    hasattr(mlflow.entities, "Feedback") and hasattr(mlflow.entities, "Expectation"),
    reason="this client speaks version 3 of traces",
)


@pytest.fixture
def traced(client, unique):
    """An experiment that traces of this test go to."""
    return mlflow.set_experiment(unique).experiment_id


def record(name, question, fail=False):
    """A trace of two spans.

    Returns:
        Its id.
    """

    @mlflow.trace(name=name, attributes={"ratio": 0.5})
    def ask(question):
        with mlflow.start_span("inner", span_type="TOOL") as span:
            span.set_inputs({"q": question})
            if fail:
                raise ValueError("no answer")
        return question.upper()

    try:
        ask(question)
    except ValueError:
        pass
    return mlflow.get_last_active_trace_id()


def found(experiment, filter=None, **options):
    traces = mlflow.search_traces(
        experiment_ids=[experiment], filter_string=filter, return_type="list", **options
    )
    return [trace.info.request_id for trace in traces]


def test_a_trace_comes_back_with_its_spans(client, traced):
    id = record("asking", "why")
    trace = client.get_trace(id)
    assert (trace.info.experiment_id, trace.info.status) == (traced, "OK")
    assert trace.info.tags["mlflow.traceName"] == "asking"
    spans = {span.name: span for span in trace.data.spans}
    assert (spans["asking"].inputs, spans["asking"].outputs) == ({"question": "why"}, "WHY")
    assert spans["asking"].attributes["ratio"] == 0.5
    assert spans["inner"].parent_id == spans["asking"].span_id
    assert spans["inner"].span_type == "TOOL"


def test_a_failed_trace_says_so(client, traced):
    trace = client.get_trace(record("failing", "why", fail=True))
    assert trace.info.status == "ERROR"
    assert trace.data.spans[0].events[0].name == "exception"


def test_traces_are_found_by_what_they_are(traced):
    good, bad = record("good", "a"), record("bad", "b", fail=True)
    assert found(traced, order_by=["timestamp_ms ASC"]) == [good, bad]
    assert found(traced, "status = 'ERROR'") == [bad]
    assert found(traced, "name = 'good'") == [good]
    assert found(traced, max_results=1, order_by=["timestamp_ms DESC"]) == [bad]


def test_tags_of_a_trace_change(client, traced):
    id = record("tagged", "a")
    client.set_trace_tag(id, "team", "risk")
    assert found(traced, "tags.team = 'risk'") == [id]
    client.delete_trace_tag(id, "team")
    assert "team" not in client.get_trace(id).info.tags


def test_traces_within_a_run_belong_to_it(client, traced):
    with mlflow.start_run() as run:
        id = record("within", "a")
    record("without", "b")
    assert client.get_trace(id).info.request_metadata["mlflow.sourceRun"] == run.info.run_id
    traces = mlflow.search_traces(experiment_ids=[traced], run_id=run.info.run_id, return_type="list")
    assert [trace.info.request_id for trace in traces] == [id]


def test_deleted_traces_are_gone(client, traced):
    kept, deleted = record("kept", "a"), record("deleted", "b")
    assert client.delete_traces(traced, request_ids=[deleted]) == 1
    assert found(traced) == [kept]
    with pytest.raises(MlflowException):
        client.get_trace(deleted)
