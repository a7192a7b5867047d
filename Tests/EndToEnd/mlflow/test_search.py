# SPDX-License-Identifier: Apache-2.0
"""Each operator of the filter language on each kind of left side, of each thing that can be searched by it.

The things are numbered 0 to 4, with values built so that each operator selects another known set of them.
"""

import mlflow
import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

NAMES = ["Ada", "ada", "ab_c", "abxc", "50%"]

# Thing 4 has none of these.
WORDS = ["Tree", "tree", "t_ee", "txee", None]
NUMBERS = [1.0, 2.0, 2.5, 3.0, None]

TEXT_CASES = [
    ("= 'tree'", {1}),
    ("!= 'tree'", {0, 2, 3}),
    ("LIKE 'tr%'", {1}),
    ("LIKE 't_ee'", {1, 2, 3}),
    ("ILIKE 'TR%'", {0, 1}),
    ("ILIKE '%EE'", {0, 1, 2, 3}),
]
LIST_CASES = [("IN ('tree', 'txee')", {1, 3}), ("NOT IN ('tree', 'txee')", {0, 2})]
NULL_CASES = [("IS NULL", {4}), ("IS NOT NULL", {0, 1, 2, 3})]
NUMBER_CASES = [("= 2", {1}), ("!= 2", {0, 2, 3}), ("> 2", {2, 3}), (">= 2", {1, 2, 3}), ("< 2.5", {0, 1}), ("<= 2.5", {0, 1, 2})]
NAME_CASES = [
    ("= '{}Ada'", {0}), ("!= '{}Ada'", {1, 2, 3, 4}), ("LIKE '{}a%'", {1, 2, 3}), ("LIKE '{}ab_c'", {2, 3}), ("ILIKE '{}ADA'", {0, 1}),
]


def on(sides, cases):
    return [(f"{side} {case}", expected) for side in sides for case, expected in cases]


def times(key):
    """Comparisons with the third of five times that grow."""
    return [(f"{key} {sign} {{t2}}", expected) for sign, expected in [
        ("=", {2}), ("!=", {0, 1, 3, 4}), (">", {3, 4}), (">=", {2, 3, 4}), ("<", {0, 1}), ("<=", {0, 1, 2})]]


class TestRuns:
    @pytest.fixture(scope="class")
    def world(self, server):
        client = mlflow.MlflowClient(server)
        import uuid

        experiment = client.create_experiment(uuid.uuid4().hex)
        runs = []
        for index in range(5):
            run = client.create_run(experiment, run_name="r-" + NAMES[index], start_time=1000 + index).info.run_id
            runs.append(run)
            if WORDS[index] is not None:
                client.log_batch(
                    run, metrics=[Metric("loss", NUMBERS[index], 1, 0), Metric("the loss", NUMBERS[index], 1, 0)],
                    params=[Param("kind", WORDS[index]), Param("the kind", WORDS[index])],
                    tags=[RunTag("kind", WORDS[index]), RunTag("a.b", WORDS[index])])
                dataset = Dataset(name=WORDS[index], digest=WORDS[index], source_type="local", source="{}")
                client.log_inputs(run, [DatasetInput(dataset, [InputTag("mlflow.data.context", WORDS[index])])])
            status = ["FINISHED", "FAILED", "KILLED", "RUNNING", "SCHEDULED"][index]
            client.update_run(run, status=status)
            if index < 3:
                client.set_terminated(run, status=status, end_time=2000 + index)
        return client, experiment, runs

    @pytest.mark.parametrize(
        ("text", "expected"),
        on(["metrics.loss", "metric.loss", "metrics.`the loss`", 'metrics."the loss"'], NUMBER_CASES)
        + on(["params.kind", "param.kind", "parameters.kind", "params.`the kind`"], TEXT_CASES + NULL_CASES + LIST_CASES)
        + on(["tags.kind", "tag.kind", "tags.a.b", "tags.`a.b`"], TEXT_CASES + NULL_CASES + LIST_CASES)
        + on(["datasets.name", "dataset.name", "dataset.digest", "dataset.context"], TEXT_CASES + LIST_CASES)
        + on(["attributes.run_name", "run_name", "attr.run_name", "run.run_name", "attributes.`run name`"], [(c.format("r-"), e) for c, e in NAME_CASES])
        + times("attributes.start_time") + times("start_time") + times("created")
        + [
            ("status = 'FAILED'", {1}), ("attributes.status != 'FAILED'", {0, 2, 3, 4}), ("status LIKE 'F%'", {0, 1}),
            ("status ILIKE 'f%'", {0, 1}), ("status IN ('FAILED', 'KILLED')", {1, 2}), ("status NOT IN ('FAILED', 'KILLED')", {0, 3, 4}),
            ("end_time > 2000", {1, 2}), ("attributes.end_time <= 2000", {0}), ("end_time != 2000", {1, 2}),
            ("run_id = '{r1}'", {1}), ("attributes.run_id != '{r1}'", {0, 2, 3, 4}), ("run_id IN ('{r1}', '{r3}')", {1, 3}),
            ("run_id NOT IN ('{r1}', '{r3}')", {0, 2, 4}), ("attributes.artifact_uri LIKE '%{r1}%'", {1}),
            ("metrics.loss > 1 AND params.kind LIKE 't%' and tags.kind != 'txee'", {1, 2}),
            ("attributes.lifecycle_stage = 'active'", {0, 1, 2, 3, 4}), ("", {0, 1, 2, 3, 4}),
        ],
    )
    def test_filter(self, world, text, expected):
        client, experiment, runs = world
        text = text.replace("{t2}", "1002").replace("{r1}", runs[1]).replace("{r3}", runs[3])
        assert {runs.index(run.info.run_id) for run in client.search_runs([experiment], text)} == expected

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            ("metrics.loss ASC", [0, 1, 2, 3, 4]), ("metrics.loss DESC", [3, 2, 1, 0, 4]), ("metrics.`the loss` DESC", [3, 2, 1, 0, 4]),
            ("attributes.end_time ASC", [0, 1, 2, 4, 3]), ("attributes.end_time DESC", [2, 1, 0, 4, 3]),
            ("start_time ASC", [0, 1, 2, 3, 4]), ("attributes.start_time", [0, 1, 2, 3, 4]), ("start_time DESC", [4, 3, 2, 1, 0]),
        ],
    )
    def test_order_with_missing_values_last(self, world, order, expected):
        client, experiment, runs = world
        assert [runs.index(run.info.run_id) for run in client.search_runs([experiment], order_by=[order, "start_time DESC"])] == expected

    @pytest.mark.parametrize(
        "text",
        [
            "metrics.loss > 1 OR metrics.loss < 0", "(metrics.loss > 1)", "metrics.loss LIKE 'x'", "metrics.loss = 'x'", "params.kind > 'x'",
            "params.kind = 1", "tags.kind < 'x'", "start_time LIKE '1%'", "start_time = 'x'", "status > 'x'", "attributes.none = 'x'", "metrics.loss",
            "metrics.loss >", "NOT metrics.loss > 1", "params.kind IN ()", "params.kind IN 'x'", "dataset.none = 'x'", "x.y = 'z'", "params.kind = 'x",
            "metrics.loss > 1; DROP TABLE run", "metrics.loss > 1 AND", "AND metrics.loss > 1", "params.kind = tree", "metrics. > 1",
        ],
    )
    def test_what_is_no_filter(self, world, text):
        client, experiment, _ = world
        with pytest.raises(MlflowException) as caught:
            client.search_runs([experiment], text)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


class TestExperiments:
    @pytest.fixture(scope="class")
    def world(self, server):
        import uuid

        client = mlflow.MlflowClient(server)
        prefix = uuid.uuid4().hex[:12]
        ids = []
        for index in range(5):
            tags = {"of": prefix} | ({"kind": WORDS[index]} if WORDS[index] else {})
            ids.append(client.create_experiment(f"{prefix}{NAMES[index]}", tags=tags))
        return client, prefix, ids

    @pytest.mark.parametrize(
        ("text", "expected"),
        on(["tags.kind", "tag.kind"], TEXT_CASES) + on(["name", "attribute.name", "attributes.name"], NAME_CASES)
        + [("creation_time >= {t2} AND last_update_time >= {t2}", {2, 3, 4}), ("attributes.creation_time < {t2}", {0, 1})],
    )
    def test_filter(self, world, text, expected):
        client, prefix, ids = world
        times = [client.get_experiment(id).creation_time for id in ids]
        text = text.replace("{t2}", str(times[2])).replace("{}", prefix)
        found = {ids.index(one.experiment_id) for one in client.search_experiments(filter_string=f"tags.of = '{prefix}' AND {text}")}
        if "creation_time" in text:
            # Two of them may have been made in one millisecond.
            expected = {i for i in range(5) if (times[i] >= times[2] if ">=" in text else times[i] < times[2])}
        assert found == expected

    @pytest.mark.parametrize("text", ["name > 'x'", "metrics.a > 1", "params.a = 'x'", "creation_time LIKE 'x'", "none = 'x'"])
    def test_what_is_no_filter(self, world, text):
        with pytest.raises(MlflowException) as caught:
            world[0].search_experiments(filter_string=text)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


class TestRegistry:
    @pytest.fixture(scope="class")
    def world(self, server):
        import uuid

        client = mlflow.MlflowClient(server)
        prefix = uuid.uuid4().hex[:12]
        run = client.create_run(client.create_experiment(prefix)).info.run_id
        client.log_text(run, "x", "model/x.txt")
        for index in range(5):
            tags = {"of": prefix} | ({"kind": WORDS[index]} if WORDS[index] else {})
            client.create_registered_model(prefix + NAMES[index], tags=tags)
        for index in range(5):
            tags = {"kind": WORDS[index]} if WORDS[index] else {}
            client.create_model_version(prefix + "Ada", f"runs:/{run}/model", run_id=run if index < 3 else None, tags=tags)
        return client, prefix, run

    @pytest.mark.parametrize(("text", "expected"), on(["tags.kind", "tag.kind"], TEXT_CASES) + on(["name", "attributes.name"], NAME_CASES))
    def test_models(self, world, text, expected):
        client, prefix, _ = world
        text = f"tags.of = '{prefix}' AND " + text.replace("{}", prefix)
        assert {NAMES.index(model.name.removeprefix(prefix)) for model in client.search_registered_models(text)} == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        on(["tags.kind", "tag.kind"], TEXT_CASES)
        + [
            ("version_number = 3", {2}), ("version_number != 3", {0, 1, 3, 4}), ("version_number > 3", {3, 4}), ("version_number >= 3", {2, 3, 4}),
            ("version_number < 3", {0, 1}), ("attributes.version_number <= 3", {0, 1, 2}), ("source_path LIKE 'runs:%'", {0, 1, 2, 3, 4}),
            ("source_path = 'x'", set()), ("run_id = 'x'", set()), ("run_id IN ('{run}')", {0, 1, 2, 3, 4}), ("name LIKE '%Ada'", {0, 1, 2, 3, 4}),
            ("creation_timestamp > 0", {0, 1, 2, 3, 4}), ("last_updated_timestamp < 1", set()),
        ],
    )
    def test_versions(self, world, text, expected):
        client, prefix, run = world
        found = client.search_model_versions(f"name = '{prefix}Ada' AND " + text.replace("{run}", run))
        assert {int(version.version) - 1 for version in found} == expected


@pytest.mark.needs("initialize_logged_model")
class TestLoggedModels:
    @pytest.fixture(scope="class")
    def world(self, server):
        import uuid

        client = mlflow.MlflowClient(server)
        experiment = client.create_experiment(uuid.uuid4().hex)
        run = client.create_run(experiment).info.run_id
        ids = []
        for index in range(5):
            word = WORDS[index]
            model = client.create_logged_model(
                experiment, "m" + str(index), source_run_id=run if index < 2 else None, model_type="odd" if index % 2 else "even",
                tags={"kind": word} if word else {}, params={"kind": word} if word else {})
            ids.append(model.model_id)
            if NUMBERS[index] is not None:
                client.log_metric(run, "loss", NUMBERS[index], model_id=model.model_id)
        return experiment, run, ids

    @pytest.mark.parametrize(
        ("text", "expected"),
        on(["params.kind", "tags.kind"], TEXT_CASES) + on(["metrics.loss"], NUMBER_CASES)
        + [
            ("name = 'm1'", {1}), ("name != 'm1'", {0, 2, 3, 4}), ("name LIKE 'm%'", {0, 1, 2, 3, 4}), ("name ILIKE 'M1'", {1}),
            ("attributes.name IN ('m1', 'm2')", {1, 2}), ("model_id = '{m1}'", {1}), ("model_type = 'odd'", {1, 3}),
            ("status = 'LOGGED_MODEL_PENDING'", {0, 1, 2, 3, 4}), ("source_run_id = '{run}'", {0, 1}), ("creation_timestamp > 0", {0, 1, 2, 3, 4}),
            ("last_updated_timestamp < 1", set()), ("creation_time >= 0", {0, 1, 2, 3, 4}),
        ],
    )
    def test_filter(self, world, text, expected):
        experiment, run, ids = world
        text = text.replace("{m1}", ids[1]).replace("{run}", run)
        found = mlflow.search_logged_models([experiment], filter_string=text, output_format="list")
        assert {ids.index(model.model_id) for model in found} == expected
