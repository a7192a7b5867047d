# SPDX-License-Identifier: Apache-2.0
"""Traces of the unmodified mlflow client, and of plain OpenTelemetry exports, against a running server."""

import asyncio
import gzip
import os
import struct
import uuid

import mlflow
import pytest
import requests
from mlflow import entities
from mlflow.exceptions import MlflowException

protocol = pytest.importorskip(
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2",
    reason="this client does not send spans by OpenTelemetry's protocol",
)

pytestmark = pytest.mark.needs("entities.Expectation", "entities.Feedback")


@pytest.fixture
def traced(client, unique):
    """An experiment that traces of this test go to."""
    experiment = mlflow.set_experiment(unique)
    yield experiment.experiment_id
    mlflow.flush_trace_async_logging()


def headers(**more):
    return {"Authorization": "Bearer " + os.environ["DHOW_TOKEN"], **more}


def call(method, path, body=None, query=None):
    return requests.request(
        method, os.environ["DHOW_URL"] + path, headers=headers(), json=body, params=query, timeout=20
    )


def found(experiment, filter=None, **options):
    traces = mlflow.search_traces(
        locations=[experiment], filter_string=filter, return_type="list", include_spans=False, **options
    )
    return [trace.info.trace_id for trace in traces]


def export(count=1, trace=None, error=False):
    request = protocol.ExportTraceServiceRequest()
    group = request.resource_spans.add()
    attribute = group.resource.attributes.add(key="service.name")
    attribute.value.string_value = "shop"
    trace = trace or uuid.uuid4().bytes
    for index in range(count):
        span = group.scope_spans.add().spans.add()
        span.trace_id = trace
        span.span_id = struct.pack(">Q", index + 1)
        if index:
            span.parent_span_id = struct.pack(">Q", 1)
        span.name = f"step-{index}"
        span.start_time_unix_nano = 1_700_000_000_000_000_000 + index
        span.end_time_unix_nano = 1_700_000_000_500_000_000
        span.status.code = 2 if error else 1
        span.attributes.add(key="index").value.int_value = index
    return request, "tr-" + trace.hex()


def post(body, experiment, **more):
    fields = {"Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": str(experiment), **more}
    fields = {key: value for key, value in fields.items() if value is not None}
    return requests.post(os.environ["DHOW_URL"] + "/v1/traces", data=body, headers=headers(**fields), timeout=20)


class TestTracing:
    def test_decorated_calls_come_back_whole(self, traced):
        @mlflow.trace(span_type=entities.SpanType.TOOL, attributes={"ratio": 0.5, "deep": {"a": [1, "x", None, True]}})
        def inner(x):
            return {"twice": 2 * x}

        @mlflow.trace(name="outer")
        def outer(x):
            with mlflow.start_span(name="between") as span:
                span.set_inputs({"x": x})
                span.add_event(mlflow.entities.SpanEvent("looked", attributes={"at": "it"}))
                return inner(x)

        assert outer(21) == {"twice": 42}
        id = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        trace = mlflow.get_trace(id)
        assert trace.info.state == "OK"
        assert trace.info.tags["mlflow.traceName"] == "outer"
        assert trace.info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
        assert "42" in trace.info.response_preview
        spans = {span.name: span for span in trace.data.spans}
        assert set(spans) == {"outer", "between", "inner"}
        assert spans["inner"].parent_id == spans["between"].span_id
        assert spans["between"].parent_id == spans["outer"].span_id
        assert spans["inner"].span_type == entities.SpanType.TOOL
        assert spans["inner"].outputs == {"twice": 42}
        assert spans["inner"].get_attribute("deep") == {"a": [1, "x", None, True]}
        assert spans["inner"].get_attribute("ratio") == 0.5
        assert spans["between"].events[0].name == "looked"
        assert spans["outer"].start_time_ns > 10**18

    def test_failures_are_told(self, traced):
        @mlflow.trace
        def fails():
            raise ValueError("no such luck")

        with pytest.raises(ValueError):
            fails()
        id = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        trace = mlflow.get_trace(id)
        assert trace.info.state == "ERROR"
        assert trace.data.spans[0].status.status_code == "ERROR"
        assert "no such luck" in str(trace.data.spans[0].events[0].attributes)
        assert found(traced, "status = 'ERROR'") == [id]

    def test_asynchronous_spans_keep_their_parents(self, traced):
        @mlflow.trace
        async def part(x):
            await asyncio.sleep(0)
            return x

        @mlflow.trace
        async def whole():
            return await asyncio.gather(*(part(x) for x in range(20)))

        asyncio.run(whole())
        id = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        spans = mlflow.get_trace(id).data.spans
        assert len(spans) == 21
        assert {span.parent_id for span in spans if span.name.startswith("part")} == {spans[0].span_id}

    def test_traces_in_a_run_belong_to_it(self, client, traced):
        with mlflow.start_run() as run, mlflow.start_span("in run"):
            pass
        inside = mlflow.get_last_active_trace_id()
        with mlflow.start_span("outside"):
            pass
        outside = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        assert found(traced, f"run_id = '{run.info.run_id}'") == [inside]
        client.link_traces_to_run([outside], run.info.run_id)
        assert set(found(traced, f"run_id = '{run.info.run_id}'")) == {inside, outside}


class TestSearch:
    def test_every_operator(self, client, traced):
        with mlflow.start_span("alpha", span_type="LLM") as span:
            span.set_attribute("model", "m-1")
            mlflow.update_current_trace(tags={"team": "risk"}, metadata={"user": "eva"}, client_request_id="q-" + traced)
        one = mlflow.get_last_active_trace_id()
        with mlflow.start_span("beta"):
            pass
        two = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        mlflow.log_feedback(trace_id=one, name="score", value=0.75)
        mlflow.log_feedback(trace_id=one, name="good", value=True)
        mlflow.log_expectation(trace_id=two, name="answer", value="yes")
        started = client.get_trace(two).info.request_time
        cases = {
            "": {one, two},
            "name = 'alpha'": {one},
            "trace.name LIKE 'al%'": {one},
            "name ILIKE 'ALPHA'": {one},
            "name RLIKE '^(alpha|gamma)$'": {one},
            "name IN ('alpha', 'beta')": {one, two},
            "tags.`mlflow.traceName` = 'beta'": {two},
            "status != 'ERROR'": {one, two},
            "tags.team = 'risk'": {one},
            "tags.team IS NULL": {two},
            "metadata.user = 'eva'": {one},
            f"client_request_id = 'q-{traced}'": {one},
            f"timestamp_ms >= {started} AND name = 'beta'": {two},
            "timestamp > 9999999999999": set(),
            "execution_time < 600000": {one, two},
            f"end_time_ms >= {started} AND name = 'beta'": {two},
            "span.name = 'alpha' AND span.type = 'LLM'": {one},
            "span.status IN ('OK')": {one, two},
            "span.attributes.model LIKE '%m-1%'": {one},
            "span.attributes.model RLIKE 'm-[0-9]'": {one},
            "trace.text LIKE '%m-1%'": {one},
            "feedback.score > 0.5": {one},
            "feedback.score >= 0.8": set(),
            "feedback.good = 'true'": {one},
            "feedback.good IS NULL": {two},
            "expectation.answer = 'yes'": {two},
        }
        for filter, expected in cases.items():
            assert set(found(traced, filter)) == expected, filter
        # Both may begin in one millisecond; ties go by id.
        begun = sorted([one, two], key=lambda id: (client.get_trace(id).info.request_time, id))
        assert found(traced, order_by=["timestamp_ms ASC"]) == begun
        assert found(traced, order_by=["name DESC"]) == [two, one]
        pages = client.search_traces(
            locations=[traced], max_results=1, order_by=["name DESC"], include_spans=False
        )
        rest = client.search_traces(
            locations=[traced],
            max_results=1,
            order_by=["name DESC"],
            page_token=pages.token,
            include_spans=False,
        )
        assert [pages[0].info.trace_id, rest[0].info.trace_id] == [two, one]
        assert not rest.token
        for filter in ["name RLIKE '(a'", "name RLIKE '(?=a)b'", "span.nothing = 'x'", "status = 1", "a OR b"]:
            with pytest.raises(MlflowException) as caught:
                client.search_traces(locations=[traced], filter_string=filter)
            assert caught.value.error_code == "INVALID_PARAMETER_VALUE", filter

    def test_spans_come_with_a_search(self, client, traced):
        for index in range(12):
            with mlflow.start_span(f"s{index}"):
                pass
        mlflow.flush_trace_async_logging()
        traces = client.search_traces(locations=[traced], max_results=50)
        assert len(traces) == 12
        assert all(len(trace.data.spans) == 1 for trace in traces)

    def test_correlation(self, client, traced):
        for name in ["a", "a", "b"]:
            with mlflow.start_span(name):
                mlflow.update_current_trace(tags={"kind": name})
        mlflow.flush_trace_async_logging()
        store = client._tracking_client.store
        result = store.calculate_trace_filter_correlation([traced], "name = 'a'", "tags.kind = 'a'")
        assert (result.filter1_count, result.filter2_count, result.joint_count, result.total_count) == (2, 2, 2, 3)
        assert result.npmi == pytest.approx(1)


class TestChanges:
    def test_tags(self, client, traced):
        with mlflow.start_span("s"):
            pass
        id = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        mlflow.set_trace_tag(id, "colour", "red")
        client.set_trace_tag(id, "mlflow.traceName", "renamed")
        tags = mlflow.get_trace(id).info.tags
        assert (tags["colour"], tags["mlflow.traceName"]) == ("red", "renamed")
        mlflow.delete_trace_tag(id, "colour")
        assert "colour" not in mlflow.get_trace(id).info.tags
        with pytest.raises(MlflowException) as caught:
            mlflow.delete_trace_tag(id, "colour")
        assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"

    def test_deletion_is_final(self, client, traced):
        request, id = export()
        assert post(request.SerializeToString(), traced).status_code == 200
        with mlflow.start_span("s"):
            pass
        mlflow.flush_trace_async_logging()
        assert len(found(traced)) == 2
        assert client.delete_traces(traced, trace_ids=[id]) == 1
        answer = post(request.SerializeToString(), traced)
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
        assert client.delete_traces(traced, max_timestamp_millis=9_999_999_999_999, max_traces=10) == 1
        assert found(traced) == []
        with pytest.raises(MlflowException):
            client.get_trace(id)

    def test_assessments(self, traced):
        with mlflow.start_span("s") as span:
            pass
        id = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        person = entities.AssessmentSource(source_type="HUMAN", source_id="eva")
        feedback = mlflow.log_feedback(
            trace_id=id, name="good", value=False, rationale="odd", source=person, metadata={"a": "b"}, span_id=span.span_id
        )
        expectation = mlflow.log_expectation(trace_id=id, name="answer", value={"is": [1, 2]}, source=person)
        failed = mlflow.log_feedback(trace_id=id, name="judge", error=ValueError("unclear"))
        kept = mlflow.get_assessment(id, feedback.assessment_id)
        assert (kept.value, kept.rationale, kept.source.source_id) == (False, "odd", "eva")
        assert (kept.metadata["a"], kept.span_id, kept.valid) == ("b", span.span_id, True)
        assert mlflow.get_assessment(id, expectation.assessment_id).value == {"is": [1, 2]}
        assert "unclear" in mlflow.get_assessment(id, failed.assessment_id).error.error_message
        changed = mlflow.update_assessment(
            trace_id=id,
            assessment_id=feedback.assessment_id,
            assessment=entities.Feedback(name="good", value=True, rationale="seen", metadata={"c": "d"}),
        )
        assert (changed.value, changed.rationale, changed.metadata) == (True, "seen", {"a": "b", "c": "d"})
        assert changed.last_update_time_ms >= changed.create_time_ms
        with pytest.raises(MlflowException) as caught:
            mlflow.update_assessment(
                trace_id=id, assessment_id=feedback.assessment_id, assessment=entities.Expectation(name="good", value="x")
            )
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
        better = mlflow.override_feedback(trace_id=id, assessment_id=feedback.assessment_id, value=False, rationale="no")
        assert better.overrides == feedback.assessment_id
        assert mlflow.get_assessment(id, feedback.assessment_id).valid is False
        mlflow.delete_assessment(trace_id=id, assessment_id=better.assessment_id)
        assert mlflow.get_assessment(id, feedback.assessment_id).valid is True
        assert len(mlflow.get_trace(id).info.assessments) == 3
        with pytest.raises(MlflowException) as caught:
            mlflow.get_assessment(id, better.assessment_id)
        assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


class TestExport:
    def test_plain_exports_are_traces(self, client, experiment):
        request, id = export(3, error=True)
        answer = post(gzip.compress(request.SerializeToString()), experiment, **{"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.content) == (200, b"")
        trace = client.get_trace(id)
        assert (trace.info.state, trace.info.execution_duration) == ("ERROR", 500)
        assert trace.info.tags["service.name"] == "shop"
        assert [span.name for span in trace.data.spans] == ["step-0", "step-1", "step-2"]
        assert [span.get_attribute("index") for span in trace.data.spans] == [0, 1, 2]

    def test_json_and_repetition(self, client, experiment):
        id = uuid.uuid4().hex
        span = {
            "traceId": id,
            "spanId": "00000000000000ab",
            "name": "web",
            "kind": 2,
            "startTimeUnixNano": "1700000000000000000",
            "endTimeUnixNano": "1700000001000000000",
            "attributes": [{"key": "n", "value": {"intValue": "7"}}],
        }
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
        for _ in range(2):
            answer = requests.post(
                os.environ["DHOW_URL"] + "/v1/traces",
                json=body,
                headers=headers(**{"x-mlflow-experiment-id": experiment}),
                timeout=20,
            )
            assert (answer.status_code, answer.json()) == (200, {})
        spans = client.get_trace("tr-" + id).data.spans
        assert [(span.name, span.span_id, span.get_attribute("n")) for span in spans] == [("web", "00000000000000ab", 7)]

    def test_bad_exports_are_refused(self, experiment):
        request, _ = export()
        body = request.SerializeToString()
        short = protocol.ExportTraceServiceRequest()
        short.CopyFrom(request)
        short.resource_spans[0].scope_spans[0].spans[0].trace_id = b"abc"
        cases = [
            (body[:-3], experiment, {}, 400),
            (b"\xff" * 100, experiment, {}, 400),
            (b"", experiment, {}, 400),
            (short.SerializeToString(), experiment, {}, 400),
            (gzip.compress(body)[:-9], experiment, {"Content-Encoding": "gzip"}, 400),
            (gzip.compress(b"\0" * (65 << 20)), experiment, {"Content-Encoding": "gzip"}, 413),
            (body, experiment, {"Content-Encoding": "br"}, 400),
            (body, experiment, {"Content-Type": "text/plain"}, 400),
            (body, experiment, {"x-mlflow-experiment-id": None}, 400),
            (body, "99999999", {}, 404),
            (body, "none", {}, 400),
            (b"\0" * (17 << 20), experiment, {}, 413),
        ]
        for body, place, more, status in cases:
            answer = post(body, place, **more)
            assert answer.status_code == status, (more, answer.text)
            assert answer.json()["error_code"] in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")
        answer = requests.post(os.environ["DHOW_URL"] + "/v1/traces", data=b"", timeout=20)
        assert answer.status_code == 401


class TestVersionTwo:
    def test_start_end_info_search(self, experiment):
        base = "/api/2.0/mlflow/traces"
        body = {
            "experiment_id": experiment,
            "timestamp_ms": 1000,
            "request_metadata": [{"key": "k", "value": "v"}],
            "tags": [{"key": "mlflow.traceName", "value": "old"}],
        }
        info = call("POST", base, body).json()["trace_info"]
        assert (info["status"], info["timestamp_ms"], info["experiment_id"]) == ("IN_PROGRESS", 1000, experiment)
        id = info["request_id"]
        end = {"timestamp_ms": "1500", "status": "OK", "tags": [{"key": "a", "value": "b"}]}
        assert call("PATCH", f"{base}/{id}", end).json()["trace_info"]["execution_time_ms"] == 500
        info = call("GET", f"/ajax-api/2.0/mlflow/traces/{id}/info").json()["trace_info"]
        assert {"key": "mlflow.traceName", "value": "old"} in info["tags"]
        assert info["request_metadata"] == [{"key": "k", "value": "v"}]
        assert call("PATCH", f"{base}/{id}/tags", {"key": "c", "value": "d"}).json() == {}
        answer = call("GET", base, query={"experiment_ids": [experiment], "filter": "tags.c = 'd'", "max_results": 5})
        assert [trace["request_id"] for trace in answer.json()["traces"]] == [id]
        assert call("DELETE", f"{base}/{id}/tags", {"key": "c"}).status_code == 200
        assert call("GET", f"{base}/nothing/info").json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
        gone = call("POST", base + "/delete-traces", {"experiment_id": experiment, "request_ids": [id]}).json()
        assert gone == {"traces_deleted": 1}

    def test_infos_at_once(self, experiment):
        ids = []
        for _ in range(2):
            request, id = export()
            post(request.SerializeToString(), experiment)
            ids.append(id)
        answer = call("POST", "/api/3.0/mlflow/traces/batchGetInfos", {"trace_ids": [*ids, "none"]}).json()
        assert [info["trace_id"] for info in answer["trace_infos"]] == ids
        answer = call("GET", "/ajax-api/3.0/mlflow/traces/batchGet", query={"trace_ids": ids[:1]}).json()
        assert len(answer["traces"][0]["spans"]) == 1
        answer = call("POST", "/api/3.0/mlflow/traces/batchGetInfos", {"trace_ids": ["x"] * 101})
        assert answer.status_code == 400
