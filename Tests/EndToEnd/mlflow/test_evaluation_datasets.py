# SPDX-License-Identifier: Apache-2.0
"""Evaluation datasets through the unmodified mlflow client, against a running server."""

import hashlib
import json
import os

import mlflow
import pandas as pd
import pytest
import requests
from mlflow.exceptions import MlflowException

datasets = pytest.importorskip("mlflow.genai.datasets", reason="this client has no evaluation datasets")


@pytest.fixture
def questions(experiment, unique):
    return datasets.create_dataset(name=unique, experiment_id=experiment, tags={"team": "risk"})


def call(method, path, body=None, query=None):
    return requests.request(
        method,
        os.environ["DHOW_URL"] + path,
        headers={"Authorization": "Bearer " + os.environ["DHOW_TOKEN"]},
        json=body,
        params=query,
        timeout=20,
    )


def records_of(dataset):
    return datasets.get_dataset(dataset_id=dataset.dataset_id).to_df()


def test_a_dataset_comes_back_as_it_was_made(questions, experiment, unique):
    found = datasets.get_dataset(dataset_id=questions.dataset_id)
    assert (found.name, found.tags["team"]) == (unique, "risk")
    assert found.experiment_ids == [experiment]
    assert found.created_time == found.last_update_time
    assert found.schema is None and found.profile is None
    digest = hashlib.sha256(f"{found.name}:{found.last_update_time}".encode()).hexdigest()
    assert found.digest == digest[:8]


def test_author_is_who_asked_and_not_what_the_tag_says(client, unique):
    dataset = client.create_dataset(unique, tags={"mlflow.user": "somebody"})
    assert dataset.created_by == "user:admin"
    assert client.get_dataset(dataset.dataset_id).tags["mlflow.user"] == "somebody"


def test_a_name_finds_the_dataset_while_it_is_the_only_one(questions, unique):
    assert datasets.get_dataset(name=unique).dataset_id == questions.dataset_id
    datasets.create_dataset(name=unique, experiment_id=[])
    with pytest.raises(MlflowException, match="Multiple datasets"):
        datasets.get_dataset(name=unique)


@pytest.mark.parametrize("name", ["it's", 'say "x"', "both ' and \""])
def test_names_with_quotes_are_found(unique, name):
    made = datasets.create_dataset(name=unique + name, experiment_id=[])
    assert datasets.get_dataset(name=unique + name).dataset_id == made.dataset_id


def test_an_unknown_experiment_is_refused(unique):
    with pytest.raises(MlflowException) as caught:
        datasets.create_dataset(name=unique, experiment_id=["999999999"])
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_records_of_a_list_are_kept_with_inferred_sources(questions):
    questions.merge_records([
        {"inputs": {"q": "What?"}, "expectations": {"answer": "That."}, "tags": {"lang": "en"}},
        {"inputs": {"q": "Why?", "depth": 1}},
    ])
    found = records_of(questions)
    assert list(found["inputs"]) == [{"q": "What?"}, {"q": "Why?", "depth": 1}]
    assert list(found["source_type"]) == ["HUMAN", "CODE"]
    assert found["expectations"][0] == {"answer": "That."}
    assert found["tags"][0]["lang"] == "en"


def test_records_of_a_frame_are_kept(questions):
    frame = pd.DataFrame([{"inputs": {"q": index}, "expectations": {"a": index / 2}} for index in range(3)])
    questions.merge_records(frame)
    assert [record["a"] for record in records_of(questions)["expectations"]] == [0.0, 0.5, 1.0]


def test_records_of_traces_name_their_trace(experiment, unique):
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_span("answer") as span:
        span.set_inputs({"q": "How?"})
        span.set_outputs("So.")
    mlflow.flush_trace_async_logging()
    mlflow.log_expectation(
        trace_id=span.trace_id,
        name="answer",
        value="Thus.",
        source=mlflow.entities.AssessmentSource(source_type="HUMAN", source_id="me"),
    )
    dataset = datasets.create_dataset(name=unique, experiment_id=experiment)
    dataset.merge_records(mlflow.search_traces(locations=[experiment]))
    found = records_of(dataset).iloc[0]
    assert (found["inputs"], found["outputs"], found["expectations"]) == ({"q": "How?"}, "So.", {"answer": "Thus."})
    assert (found["source_type"], found["source_id"]) == ("TRACE", span.trace_id)


def test_the_same_inputs_again_are_merged(client, questions):
    questions.merge_records([{"inputs": {"a": 1, "b": 2}, "outputs": "old", "expectations": {"x": 1, "y": 1}}])
    first = records_of(questions).iloc[0]
    questions.merge_records([{"inputs": {"b": 2, "a": 1}, "expectations": {"y": 2}, "tags": {"t": "v"}}])
    found = records_of(questions)
    assert len(found) == 1
    assert found["dataset_record_id"][0] == first["dataset_record_id"]
    assert found["expectations"][0] == {"x": 1, "y": 2}
    assert (found["outputs"][0], found["source_type"][0]) == ("old", "HUMAN")


def test_counts_of_inserted_and_updated_are_told(client, questions):
    from mlflow.tracking._tracking_service.utils import _get_store

    store = _get_store()
    one, two = {"inputs": {"q": 1}}, {"inputs": {"q": 2}}
    assert store.upsert_dataset_records(questions.dataset_id, [one, one]) == {"inserted": 1, "updated": 1}
    assert store.upsert_dataset_records(questions.dataset_id, [one, two]) == {"inserted": 1, "updated": 1}


def test_values_come_back_as_python_sent_them(questions):
    inputs = {
        "whole": 2**62,
        "one": 1.0,
        "tiny": 5e-324,
        "nan": float("nan"),
        "text": "ä\x00\n\"\\ 😀",
        "deep": [{"a": [None, True]}],
    }
    questions.merge_records([{"inputs": inputs}])
    found = records_of(questions)["inputs"][0]
    assert repr(found.pop("nan")) == "nan"
    assert (found["one"], type(found["one"])) == (1.0, float)
    del inputs["nan"]
    assert found == inputs


def test_schema_and_profile_follow_the_records(questions):
    questions.merge_records([{"inputs": {"q": "x", "n": 1, "f": 1.0}, "outputs": {"a": []}, "expectations": {"ok": True}}])
    questions.merge_records([{"inputs": {"q": "y", "o": {}}}])
    found = datasets.get_dataset(dataset_id=questions.dataset_id)
    assert json.loads(found.schema) == {
        "inputs": {"q": "string", "n": "integer", "f": "float", "o": "object"},
        "outputs": {"a": "array"},
        "expectations": {"ok": "boolean"},
        "version": "1.0",
    }
    assert json.loads(found.profile) == {"num_records": 2}
    assert found.digest != questions.digest


def test_thousands_of_records_come_back_in_order(questions):
    questions.merge_records([{"inputs": {"n": index}} for index in range(2_500)])
    assert [record["n"] for record in records_of(questions)["inputs"]] == list(range(2_500))


def test_records_are_deleted_by_id(questions):
    questions.merge_records([{"inputs": {"n": index}} for index in range(3)])
    ids = list(records_of(questions)["dataset_record_id"])
    dataset = datasets.get_dataset(dataset_id=questions.dataset_id)
    assert dataset.delete_records([ids[0], ids[2], "dr-none"]) == 2
    assert [record["n"] for record in records_of(questions)["inputs"]] == [1]
    assert json.loads(datasets.get_dataset(dataset_id=questions.dataset_id).profile) == {"num_records": 1}


def test_records_of_another_granularity_are_refused_by_what_the_schema_says(questions):
    questions.merge_records([{"inputs": {"q": "x"}}])
    again = datasets.get_dataset(dataset_id=questions.dataset_id)
    with pytest.raises(MlflowException, match="granularity"):
        again.merge_records([{"inputs": {"persona": "a", "goal": "b"}}])


def test_tags_are_merged_and_deleted(questions):
    datasets.set_dataset_tags(dataset_id=questions.dataset_id, tags={"team": "fraud", "level": 3, "gone": None})
    tags = datasets.get_dataset(dataset_id=questions.dataset_id).tags
    assert (tags["team"], tags["level"], "gone" in tags) == ("fraud", "3", False)
    datasets.delete_dataset_tag(dataset_id=questions.dataset_id, key="team")
    datasets.delete_dataset_tag(dataset_id=questions.dataset_id, key="team")
    assert "team" not in datasets.get_dataset(dataset_id=questions.dataset_id).tags


def test_experiments_are_added_and_removed(client, questions, experiment, unique):
    other = client.create_experiment(unique + "-other")
    added = datasets.add_dataset_to_experiments(dataset_id=questions.dataset_id, experiment_ids=[other])
    assert sorted(added.experiment_ids) == sorted([experiment, other])
    found = datasets.search_datasets(experiment_ids=[other])
    assert [dataset.dataset_id for dataset in found] == [questions.dataset_id]
    datasets.remove_dataset_from_experiments(dataset_id=questions.dataset_id, experiment_ids=[other, "999999999"])
    assert datasets.get_dataset(dataset_id=questions.dataset_id).experiment_ids == [experiment]
    assert datasets.search_datasets(experiment_ids=[other]) == []


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ("name = '{0}-a'", "a"),
        ("name LIKE '{0}-%'", "ab"),
        ("name ILIKE '{0}-B' AND tags.team = 'x'", "b"),
        ("name IN ('{0}-a', '{0}-none')", "a"),
        ("tags.only = '{0}'", "b"),
        ("name LIKE '{0}%' AND tags.team != 'x'", "a"),
        ("name LIKE '{0}%' AND created_time > 0 AND last_update_time > 0", "ab"),
        ("name LIKE '{0}%' AND created_by = 'user:admin'", "ab"),
        ("name LIKE '{0}%' AND last_updated_by != 'user:admin'", ""),
    ],
)
def test_filters_find_what_they_say(unique, filter, names):
    datasets.create_dataset(name=unique + "-a", experiment_id=[], tags={"team": "y"})
    datasets.create_dataset(name=unique + "-b", experiment_id=[], tags={"team": "x", "only": unique})
    found = datasets.search_datasets(filter_string=filter.format(unique), order_by=["name ASC"])
    assert "".join(dataset.name[-1] for dataset in found) == names


@pytest.mark.parametrize("filter", ["metrics.x = 1", "nonsense", "name > 'a'", "created_time = 'x'", "name = 'a' OR name = 'b'"])
def test_filters_that_say_nothing_are_refused(client, filter):
    with pytest.raises(MlflowException) as caught:
        client.search_datasets(filter_string=filter)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_pages_hold_every_dataset_once(client, unique):
    made = [client.create_dataset(f"{unique}-{index}").dataset_id for index in range(5)]
    found, token = [], None
    while True:
        page = client.search_datasets(
            filter_string=f"name LIKE '{unique}%'", max_results=2, order_by=["created_time ASC"], page_token=token
        )
        found += [dataset.dataset_id for dataset in page]
        token = page.token
        if not token:
            break
    assert found == made


def test_a_deleted_dataset_is_gone(questions, experiment):
    questions.merge_records([{"inputs": {"q": 1}}])
    datasets.delete_dataset(dataset_id=questions.dataset_id)
    datasets.delete_dataset(dataset_id=questions.dataset_id)
    with pytest.raises(MlflowException) as caught:
        datasets.get_dataset(dataset_id=questions.dataset_id)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert datasets.search_datasets(experiment_ids=[experiment]) == []


def test_another_workspace_does_not_see_it(questions):
    path = f"/api/3.0/mlflow/datasets/{questions.dataset_id}"
    headers = {"Authorization": "Bearer " + os.environ["DHOW_TOKEN"], "X-MLFLOW-WORKSPACE": "elsewhere"}
    assert requests.get(os.environ["DHOW_URL"] + path, headers=headers, timeout=20).status_code in (403, 404)


def test_the_web_page_prefix_answers_too(questions):
    answer = call("GET", f"/ajax-api/3.0/mlflow/datasets/{questions.dataset_id}")
    assert answer.json()["dataset"]["dataset_id"] == questions.dataset_id


@pytest.mark.parametrize(
    "records",
    [
        '[{"outputs": 1}]',
        '[{"inputs": 3}]',
        "[3]",
        "{}",
        "[",
        '[{"inputs": {}, "source": {"source_type": "RUMOUR"}}]',
        '[{"inputs": {}, "expectations": []}]',
    ],
)
def test_malformed_records_are_refused(questions, records):
    answer = call("POST", f"/api/3.0/mlflow/datasets/{questions.dataset_id}/records", {"records": records})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_record_too_large_is_refused(questions):
    with pytest.raises(MlflowException, match="1048576"):
        questions.merge_records([{"inputs": {"text": "x" * (1 << 20)}}])
