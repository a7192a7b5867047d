# SPDX-License-Identifier: Apache-2.0
"""Versions of several kinds, each answering as the library that made it answers."""

import http.server
import json
import threading

import mlflow
import numpy as np
import pandas as pd
import pytest
import xgboost
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

RANDOM = np.random.default_rng(3)
X = pd.DataFrame({"a": RANDOM.random(80), "b": RANDOM.random(80)})
Y = (X["a"] + 0.3 * X["b"] > 0.6).astype(int)
ROWS = X.head(7)


def columns(datatype):
    return [
        {"name": name, "shape": [len(ROWS), 1], "datatype": datatype, "data": ROWS[name].tolist()}
        for name in ROWS.columns
    ]


def test_an_mlflow_model_answers_from_a_server_of_its_own(server, name):
    model = LogisticRegression().fit(X, Y)
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model, name="model", registered_model_name=name, signature=infer_signature(X, model.predict(X))
        )
    server.release(name)
    outputs = server.outputs(name, columns("FP64"))
    assert outputs == {"prediction": model.predict(ROWS).tolist()}
    described = server.request("GET", f"/v2/models/{name}").json()
    assert [part["name"] for part in described["inputs"]] == ["a", "b"]
    wrong = server.infer(name, columns("FP32"))
    assert wrong.status_code == 400 and "FP64" in wrong.json()["error"]


def test_an_xgboost_model_logged_with_mlflow_answers_in_process(server, name):
    model = xgboost.XGBClassifier(n_estimators=5, max_depth=2, n_jobs=1).fit(X, Y)
    with mlflow.start_run():
        mlflow.xgboost.log_model(model, name="model", registered_model_name=name, model_format="ubj")
    server.release(name)
    outputs = server.outputs(name, columns("FP32"))
    assert outputs["probability"] == pytest.approx(model.predict_proba(ROWS)[:, 1].tolist(), abs=1e-6)
    assert outputs["prediction"] == model.predict(ROWS).tolist()


SIGNATURE = {
    "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1]}],
    "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1]}],
}


class Doubling(http.server.BaseHTTPRequestHandler):
    """A server elsewhere that doubles `x`."""

    def answer(self, body):
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.answer({"name": "doubler", **SIGNATURE})

    def do_POST(self):
        x = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["inputs"][0]
        self.answer({"outputs": [{**x, "name": "y", "data": [2 * value for value in x["data"]]}]})

    def log_message(self, *arguments):
        pass


def test_a_version_may_say_that_it_answers_elsewhere(server, name, tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.2", 0), Doubling) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        file = tmp_path / "dhow-remote.json"
        file.write_text(
            json.dumps({"url": f"http://127.0.0.2:{elsewhere.server_port}", "protocol": "v2", "model": "doubler"})
        )
        with mlflow.start_run() as run:
            mlflow.log_artifact(str(file), "model")
        client = mlflow.MlflowClient()
        client.create_registered_model(name)
        client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id)
        server.release(name)
        x = [{"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2.5]}]
        assert server.outputs(name, x) == {"y": [2, 5]}
        elsewhere.shutdown()
    gone = server.infer(name, x)
    assert gone.status_code == 503, gone.text
