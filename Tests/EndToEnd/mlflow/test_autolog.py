# SPDX-License-Identifier: Apache-2.0
"""What training scripts do without saying so: autologging, evaluation and models that come back, against a running server."""

import mlflow
import numpy as np
import pandas as pd
import pytest
import xgboost
from mlflow.exceptions import MlflowException
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

iris = load_iris(as_frame=True)


@pytest.fixture
def logged(client, unique):
    """An experiment that everything logged in the test goes to; autologging ends with the test."""
    experiment = mlflow.set_experiment(unique)
    yield experiment.experiment_id
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.sklearn.autolog(disable=True)
    mlflow.xgboost.autolog(disable=True)


def runs_of(client, experiment, **options):
    return client.search_runs([experiment], **options)


def only_run(client, experiment):
    runs = runs_of(client, experiment)
    assert len(runs) == 1
    return client.get_run(runs[0].info.run_id)


def same_predictions(run, features, expected):
    model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    np.testing.assert_allclose(model.predict(features), expected, rtol=1e-6)


def test_fitting_an_estimator_logs_a_run(client, logged):
    mlflow.sklearn.autolog()
    model = LogisticRegression(max_iter=500, C=0.5).fit(iris.data, iris.target)
    run = only_run(client, logged)
    assert run.info.status == "FINISHED"
    assert (run.data.params["C"], run.data.params["max_iter"]) == ("0.5", "500")
    assert run.data.metrics["training_accuracy_score"] == pytest.approx(model.score(iris.data, iris.target))
    assert run.data.tags["estimator_name"] == "LogisticRegression"
    assert run.inputs.dataset_inputs[0].dataset.name == "dataset"
    same_predictions(run, iris.data, model.predict(iris.data))


def test_a_grid_search_logs_its_candidates_as_children(client, logged):
    mlflow.sklearn.autolog(max_tuning_runs=2)
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3]}, cv=3)
    search.fit(iris.data, iris.target)
    runs = runs_of(client, logged)
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]
    assert (len(parents), len(children)) == (1, 2)
    assert parents[0].data.params["best_max_depth"] == str(search.best_params_["max_depth"])
    assert parents[0].data.metrics["best_cv_score"] == pytest.approx(search.best_score_)
    assert {"mean_test_score", "std_test_score"} <= set(children[0].data.metrics)
    assert "cv_results.csv" in [file.path for file in client.list_artifacts(parents[0].info.run_id)]


def test_training_boosters_logs_a_metric_of_each_round(client, logged):
    mlflow.xgboost.autolog()
    data = xgboost.DMatrix(iris.data, label=iris.target)
    booster = xgboost.train(
        {"objective": "multi:softprob", "num_class": 3, "max_depth": 2},
        data,
        num_boost_round=5,
        evals=[(data, "train")],
        verbose_eval=False,
    )
    run = only_run(client, logged)
    assert (run.data.params["max_depth"], run.data.params["num_boost_round"]) == ("2", "5")
    history = client.get_metric_history(run.info.run_id, "train-mlogloss")
    assert sorted(metric.step for metric in history) == list(range(5))
    assert "feature_importance_weight.json" in [file.path for file in client.list_artifacts(run.info.run_id)]
    same_predictions(run, iris.data, booster.predict(data))


def test_fitting_a_boosted_classifier_logs_a_run(client, logged):
    mlflow.xgboost.autolog()
    model = xgboost.XGBClassifier(n_estimators=4, max_depth=2).fit(iris.data, iris.target)
    run = only_run(client, logged)
    assert (run.data.params["num_boost_round"], run.data.params["max_depth"]) == ("4", "2")
    same_predictions(run, iris.data, model.predict(iris.data))


def evaluated(model, name, kind):
    """Logs a model and evaluates it on the rows it was fitted to."""
    target = iris.target if kind == "classifier" else iris.data["petal width (cm)"]
    features = iris.data if kind == "classifier" else iris.data.drop(columns="petal width (cm)")
    model.fit(features, target)
    data = features.assign(target=target)
    with mlflow.start_run(run_name=name) as run:
        info = mlflow.sklearn.log_model(model, "model", input_example=features.head(2))
        result = mlflow.models.evaluate(
            info.model_uri,
            data,
            targets="target",
            model_type=kind,
            evaluators="default",
            evaluator_config={"log_model_explainability": False},
        )
    return run, result, model.score(features, target)


def test_evaluating_a_classifier_logs_metrics_and_plots(client, logged):
    run, result, score = evaluated(LogisticRegression(max_iter=500), "classifier", "classifier")
    metrics = client.get_run(run.info.run_id).data.metrics
    assert metrics["accuracy_score"] == pytest.approx(score)
    assert metrics["accuracy_score"] == result.metrics["accuracy_score"]
    files = [file.path for file in client.list_artifacts(run.info.run_id)]
    assert "confusion_matrix.png" in files and "per_class_metrics.csv" in files


def test_evaluating_a_regressor_logs_metrics(client, logged):
    run, result, score = evaluated(LinearRegression(), "regressor", "regressor")
    metrics = client.get_run(run.info.run_id).data.metrics
    assert metrics["r2_score"] == pytest.approx(score)
    assert metrics["example_count"] == len(iris.data)
    assert metrics["root_mean_squared_error"] == pytest.approx(result.metrics["root_mean_squared_error"])


def test_nested_runs_know_their_parent(client, logged):
    with (
        mlflow.start_run() as parent,
        mlflow.start_run(nested=True) as child,
        mlflow.start_run(nested=True) as grandchild,
    ):
        mlflow.log_metric("depth", 2)
    parents = {run.info.run_id: run.data.tags.get("mlflow.parentRunId") for run in runs_of(client, logged)}
    assert parents == {
        parent.info.run_id: None,
        child.info.run_id: parent.info.run_id,
        grandchild.info.run_id: child.info.run_id,
    }
    found = runs_of(client, logged, filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert [run.info.run_id for run in found] == [child.info.run_id]


def test_a_model_behind_an_alias_predicts_as_the_one_that_was_fitted(client, logged, unique):
    model = LogisticRegression(max_iter=500).fit(iris.data, iris.target)
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(model, "model", input_example=iris.data.head(2))
    version = mlflow.register_model(info.model_uri, unique)
    client.set_registered_model_alias(unique, "champion", version.version)
    loaded = mlflow.pyfunc.load_model(f"models:/{unique}@champion")
    frame = pd.DataFrame(iris.data)
    np.testing.assert_array_equal(loaded.predict(frame), model.predict(iris.data))


def test_a_deleted_run_comes_back_whole(client, logged):
    with mlflow.start_run() as run:
        mlflow.log_metric("auc", 0.9)
        mlflow.log_text("kept", "note.txt")
    client.delete_run(run.info.run_id)
    assert runs_of(client, logged) == []
    with pytest.raises(MlflowException):
        client.log_metric(run.info.run_id, "auc", 0.1)
    client.restore_run(run.info.run_id)
    back = only_run(client, logged)
    assert back.info.lifecycle_stage == "active"
    assert back.data.metrics == {"auc": 0.9}
    assert mlflow.artifacts.load_text(f"{back.info.artifact_uri}/note.txt") == "kept"


def test_a_version_is_copied_with_its_files(client, logged, unique):
    model = LinearRegression().fit(iris.data, iris.target)
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(model, "model", input_example=iris.data.head(2))
    version = mlflow.register_model(info.model_uri, unique)
    copy = client.copy_model_version(f"models:/{unique}/{version.version}", unique + "-copy")
    assert (copy.name, copy.version) == (unique + "-copy", "1")
    client.delete_model_version(unique, version.version)
    loaded = mlflow.pyfunc.load_model(f"models:/{unique}-copy/1")
    np.testing.assert_allclose(loaded.predict(iris.data), model.predict(iris.data))
