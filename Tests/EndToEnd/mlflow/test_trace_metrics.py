# SPDX-License-Identifier: Apache-2.0
"""Metrics of many traces at once through the unmodified mlflow client, against a running server."""

import json
import os
import time

import mlflow
import numpy
import pytest
import requests
from mlflow.entities import AssessmentSource
from mlflow.exceptions import MlflowException
from mlflow.tracking._tracking_service.utils import _get_store

metrics = pytest.importorskip("mlflow.entities.trace_metrics", reason="this client has no metrics of traces")
COUNT, SUM, AVG, MIN, MAX = (
    metrics.MetricAggregation(kind)
    for kind in (
        metrics.AggregationType.COUNT,
        metrics.AggregationType.SUM,
        metrics.AggregationType.AVG,
        metrics.AggregationType.MIN,
        metrics.AggregationType.MAX,
    )
)
TRACES, SPANS, ASSESSMENTS = metrics.MetricViewType.TRACES, metrics.MetricViewType.SPANS, metrics.MetricViewType.ASSESSMENTS
MODELS = ["small", "large", "small"]


def percentile(value):
    return metrics.MetricAggregation(metrics.AggregationType.PERCENTILE, value)


@pytest.fixture
def traced(client, unique):
    """An experiment with three traces of two names, one of them failed."""
    experiment = mlflow.set_experiment(unique).experiment_id
    for index, model in enumerate(MODELS):
        with mlflow.start_span("ask" if index < 2 else "look") as root:
            mlflow.update_current_trace(tags={"team": model}, metadata={"mlflow.trace.session": f"s{index // 2}"})
            with mlflow.start_span("call", span_type="LLM") as span:
                span.set_attribute("mlflow.llm.model", model)
                span.set_attribute("mlflow.llm.provider", "here")
                span.set_attribute("mlflow.llm.cost", {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75 + index})
                span.set_attribute(
                    "mlflow.chat.tokenUsage",
                    {"input_tokens": 10 * (index + 1), "output_tokens": 1, "total_tokens": 10 * (index + 1) + 1},
                )
            if index == 1:
                root.set_status("ERROR")
    mlflow.flush_trace_async_logging()
    return experiment


def query(experiment, view, metric, *aggregations, **options):
    points = _get_store().query_trace_metrics([experiment], view, metric, list(aggregations), **options)
    return [(dict(point.dimensions), dict(point.values)) for point in points]


def test_traces_are_counted_by_name_and_status(traced):
    assert query(traced, TRACES, "trace_count", COUNT) == [({}, {"COUNT": 3})]
    assert query(traced, TRACES, "trace_count", COUNT, dimensions=["trace_name", "trace_status"]) == [
        ({"trace_name": "ask", "trace_status": "ERROR"}, {"COUNT": 1}),
        ({"trace_name": "ask", "trace_status": "OK"}, {"COUNT": 1}),
        ({"trace_name": "look", "trace_status": "OK"}, {"COUNT": 1}),
    ]


def test_sessions_are_counted_once(traced):
    assert query(traced, TRACES, "session_count", COUNT) == [({}, {"COUNT": 2})]


def test_tokens_are_summed_and_spread(traced):
    ((_, values),) = query(traced, TRACES, "input_tokens", SUM, AVG, MIN, MAX, percentile(50), percentile(99.9))
    assert values == {
        "SUM": 60,
        "AVG": 20,
        "MIN": 10,
        "MAX": 30,
        "P50.0": 20,
        "P99.9": pytest.approx(numpy.percentile([10, 20, 30], 99.9)),
    }
    found = query(traced, TRACES, "total_tokens", SUM, dimensions=["trace_name"])
    assert found == [({"trace_name": "ask"}, {"SUM": 32}), ({"trace_name": "look"}, {"SUM": 31})]


def test_latencies_are_those_the_client_saw(traced):
    traces = mlflow.search_traces(locations=[traced], return_type="list")
    seen = [trace.info.execution_duration for trace in traces]
    ((_, values),) = query(traced, TRACES, "latency", AVG, MAX, percentile(75))
    assert values["AVG"] == pytest.approx(numpy.mean(seen))
    assert values["MAX"] == max(seen)
    assert values["P75.0"] == pytest.approx(numpy.percentile(seen, 75))


def test_spans_are_counted_by_type_and_model(traced):
    assert query(traced, SPANS, "span_count", COUNT, filters=["span.name = 'call'"]) == [({}, {"COUNT": 3})]
    found = query(traced, SPANS, "span_count", COUNT, dimensions=["span_model_name", "span_type"])
    assert found == [
        ({"span_model_name": "large", "span_type": "LLM"}, {"COUNT": 1}),
        ({"span_model_name": "small", "span_type": "LLM"}, {"COUNT": 2}),
    ]


def test_costs_are_summed_by_model(traced):
    found = query(traced, SPANS, "total_cost", SUM, MAX, dimensions=["span_model_name", "span_model_provider"])
    assert found == [
        ({"span_model_name": "large", "span_model_provider": "here"}, {"SUM": 1.75, "MAX": 1.75}),
        ({"span_model_name": "small", "span_model_provider": "here"}, {"SUM": 3.5, "MAX": 2.75}),
    ]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (["trace.status = 'ERROR'"], 1),
        (["trace.tag.team = 'small'"], 2),
        (["trace.tag.team = 'small'", "trace.status = 'ERROR'"], 0),
        (["trace.tag.`mlflow.traceName` = 'ask'"], 2),
        (["trace.metadata.`mlflow.trace.session` = 's0'"], 2),
    ],
)
def test_filters_narrow(traced, filters, count):
    assert query(traced, TRACES, "trace_count", COUNT, filters=filters) == [({}, {"COUNT": count})]


def test_traces_of_a_run_are_found(traced, client):
    with mlflow.start_run() as run, mlflow.start_span("within"):
        pass
    mlflow.flush_trace_async_logging()
    filters = [f"trace.metadata.`mlflow.sourceRun` = '{run.info.run_id}'"]
    assert query(traced, TRACES, "trace_count", COUNT, filters=filters) == [({}, {"COUNT": 1})]


def test_assessments_are_counted_and_averaged(traced):
    ids = [trace.info.trace_id for trace in mlflow.search_traces(locations=[traced], return_type="list")]
    source = AssessmentSource(source_type="HUMAN", source_id="me")
    for id, value in zip(ids, ["yes", "no", True], strict=True):
        mlflow.log_feedback(trace_id=id, name="right", value=value, source=source)
    mlflow.log_expectation(trace_id=ids[0], name="count", value=4, source=source)
    found = query(traced, ASSESSMENTS, "assessment_value", AVG, dimensions=["assessment_name"])
    assert found == [
        ({"assessment_name": "count"}, {"AVG": 4}),
        ({"assessment_name": "right"}, {"AVG": pytest.approx(2 / 3)}),
    ]
    found = query(
        traced,
        ASSESSMENTS,
        "assessment_count",
        COUNT,
        dimensions=["assessment_value"],
        filters=["assessment.type = 'feedback'", "assessment.name = 'right'"],
    )
    counts = {dimensions["assessment_value"]: values["COUNT"] for dimensions, values in found}
    assert counts == {json.dumps("yes"): 1, json.dumps("no"): 1, json.dumps(True): 1}


def test_time_is_divided_into_buckets(traced):
    now = int(time.time() * 1000)
    options = {"time_interval_seconds": 86_400, "start_time_ms": now - 86_400_000, "end_time_ms": now + 86_400_000}
    found = query(traced, TRACES, "trace_count", COUNT, **options)
    assert sum(values["COUNT"] for _, values in found) == 3
    assert all(dimensions["time_bucket"].endswith("T00:00:00+00:00") for dimensions, _ in found)
    assert query(traced, TRACES, "trace_count", COUNT, end_time_ms=now - 86_400_000) == [({}, {"COUNT": 0})]


def test_pages_hold_every_point_once(traced):
    names, token = [], None
    while True:
        page = _get_store().query_trace_metrics(
            [traced], SPANS, "span_count", [COUNT], dimensions=["span_name"], max_results=1, page_token=token
        )
        names += [point.dimensions["span_name"] for point in page]
        token = page.token
        if not token:
            break
    assert names == ["ask", "call", "look"]


@pytest.mark.parametrize(
    ("view", "metric", "aggregation", "options"),
    [
        (TRACES, "nonsense", COUNT, {}),
        (TRACES, "trace_count", AVG, {}),
        (SPANS, "span_count", COUNT, {"dimensions": ["trace_name"]}),
        (TRACES, "trace_count", COUNT, {"time_interval_seconds": 60}),
        (TRACES, "trace_count", COUNT, {"filters": ["span.name = 'x'"]}),
        (TRACES, "trace_count", COUNT, {"filters": ["trace.status != 'OK'"]}),
        (TRACES, "trace_count", COUNT, {"filters": ["trace.status = 'OK' AND trace.tag.a = 'b'"]}),
    ],
)
def test_what_cannot_be_measured_is_refused(traced, view, metric, aggregation, options):
    with pytest.raises(MlflowException) as caught:
        query(traced, view, metric, aggregation, **options)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_percentile_beyond_a_hundred_is_refused(traced):
    body = {
        "experiment_ids": [traced],
        "view_type": "TRACES",
        "metric_name": "latency",
        "aggregations": [{"aggregation_type": "PERCENTILE", "percentile_value": 101}],
    }
    answer = requests.post(
        os.environ["DHOW_URL"] + "/api/3.0/mlflow/traces/metrics",
        headers={"Authorization": "Bearer " + os.environ["DHOW_TOKEN"]},
        json=body,
        timeout=20,
    )
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
