# SPDX-License-Identifier: Apache-2.0
"""Makes the models of XGBoost and LightGBM beside this file and expected.json, the answers that the Python libraries themselves give.

    pip install -r requirements.txt
    python make_models.py

The data are scikit-learn's bundled copies of the breast cancer, wine and diabetes sets. Some values are taken out, so that what the models
do with missing ones is seen. Inputs are rounded to 32-bit floats first, because that is what XGBoost works with.
"""

import json
import pathlib

import lightgbm
import numpy as np
import xgboost
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

here = pathlib.Path(__file__).parent
random = np.random.default_rng(7)
expected = {
    "source": "predict of xgboost and lightgbm themselves; see make_models.py",
    "versions": {"xgboost": xgboost.__version__, "lightgbm": lightgbm.__version__},
    "models": {},
}


def holed(x):
    x = np.array(x, dtype=np.float32)
    x[random.random(x.shape) < 0.05] = np.nan
    return x


def numbers(rows):
    return [[None if np.isnan(value) else float(value) for value in row] for row in np.atleast_2d(rows)]


def note(name, x, answers, names=None, labels=None):
    answers = np.asarray(answers, dtype=float)
    expected["models"][name] = {
        "rows": numbers(x),
        "answers": numbers(answers if answers.ndim == 2 else answers.reshape(-1, 1)),
        "names": names or [],
        "labels": labels,
    }


cancer, wine, diabetes = load_breast_cancer(), load_wine(), load_diabetes()
cancer_x, wine_x, diabetes_x = holed(cancer.data[:, :6]), holed(wine.data[:, :5]), holed(diabetes.data)
names = [f"measure_{number}" for number in range(6)]
shown = slice(0, 60, 3)


def xgb(name, file, x, y, rounds=8, feature_names=None, **parameters):
    data = xgboost.DMatrix(x, label=y, feature_names=feature_names)
    booster = xgboost.train({"max_depth": 3, "nthread": 1, "seed": 1, **parameters}, data, rounds)
    booster.save_model(here / file)
    answers = booster.predict(xgboost.DMatrix(x[shown], feature_names=feature_names))
    note(name, x[shown], answers, feature_names)


def lgb(name, file, x, y, rounds=8, feature_names=None, **parameters):
    data = lightgbm.Dataset(x, label=y, feature_name=feature_names or "auto")
    fixed = {"num_leaves": 7, "num_threads": 1, "seed": 1, "deterministic": True, "verbosity": -1}
    booster = lightgbm.train({**fixed, **parameters}, data, rounds)
    booster.save_model(here / file)
    note(name, x[shown], booster.predict(x[shown]), feature_names)


xgb("xgboost_binary", "xgboost_binary.ubj", cancer_x, cancer.target, feature_names=names, objective="binary:logistic")
xgb("xgboost_multiclass", "xgboost_multiclass.json", wine_x, wine.target, 4, objective="multi:softprob", num_class=3)
xgb("xgboost_label", "xgboost_label.ubj", wine_x, wine.target, 4, objective="multi:softmax", num_class=3)
xgb("xgboost_regression", "xgboost_regression.ubj", diabetes_x, diabetes.target, objective="reg:squarederror")
lgb("lightgbm_binary", "lightgbm_binary.txt", cancer_x, cancer.target, feature_names=names, objective="binary")
lgb("lightgbm_multiclass", "lightgbm_multiclass.lgb", wine_x, wine.target, 4, objective="multiclass", num_class=3)
lgb("lightgbm_regression", "lightgbm_regression.txt", diabetes_x, diabetes.target, objective="regression")

# Training that stopped early: scikit-learn's classes answer with the rounds up to the best one, and so do we.
early = xgboost.XGBClassifier(n_estimators=60, max_depth=3, learning_rate=1.0, n_jobs=1, random_state=1, early_stopping_rounds=3)
early.fit(cancer_x[::2], cancer.target[::2], eval_set=[(cancer_x[1::2], cancer.target[1::2])], verbose=False)
assert early.best_iteration + 1 < early.get_booster().num_boosted_rounds()
early.save_model(here / "xgboost_early.ubj")
note(
    "xgboost_early",
    cancer_x[shown],
    early.predict_proba(cancer_x[shown])[:, 1],
    labels=early.predict(cancer_x[shown]).tolist(),
)

(here / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
