# SPDX-License-Identifier: Apache-2.0
"""Makes the scores of champion and challenger on the flights of September to December, as the demonstration trains them.

    pip install -r requirements.txt && python make_scores.py

Each month a challenger learns from the two months before, and both score the month. The champion of October to December is the model of
May and June, which beat its rival on the flights of July; that of September is the one before, of April and May.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Examples" / "flights"))

from flights.features import is_late, labelled, model_inputs, read_flights
from flights.model import one_thread, untrained_model

CHAMPIONS = {9: (4, 5), 10: (5, 6), 11: (5, 6), 12: (5, 6)}


def fit(flights: pd.DataFrame) -> object:
    examples = labelled(flights)
    with one_thread():
        return untrained_model().fit(model_inputs(examples), is_late(examples))


def measures(late: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    return {
        "auc": float(roc_auc_score(late, scores)), "log_loss": float(log_loss(late, scores)),
        "brier": float(brier_score_loss(late, scores)),
        "normalized_log_loss": float(log_loss(late, scores) / log_loss(late, np.full(len(late), late.mean()))),
    }


def main() -> None:
    here = Path(__file__).parent
    with gzip.open(ROOT / "Examples" / "flights" / "data" / "flights.csv.gz") as file:
        raw = here / "flights.csv"
        raw.write_bytes(file.read())
    flights = read_flights(raw)
    raw.unlink()
    months = {month: rows for month, rows in flights.groupby("month")}
    models: dict[tuple[int, int], object] = {}

    def model(pair: tuple[int, int]) -> object:
        if pair not in models:
            models[pair] = fit(pd.concat([months[month] for month in pair]))
        return models[pair]

    summary = {}
    for month, pair in CHAMPIONS.items():
        examples = labelled(months[month])
        late = is_late(examples)

        def score(pair: tuple[int, int], examples: pd.DataFrame = examples) -> np.ndarray:
            return np.clip(np.round(model(pair).predict_proba(model_inputs(examples))[:, 1], 4), 1e-4, 1 - 1e-4)

        scores = {"candidate": score((month - 2, month - 1)), "champion": score(pair)}
        summary[str(month)] = {"rows": len(late)} | {name: measures(late, found) for name, found in scores.items()}
        days = [f"{month:02d}-{day:02d}" for day in examples["day"]]
        table = pd.DataFrame({"day": days, "label": late} | scores)
        table.to_csv(here / f"{month:02d}.csv", index=False, lineterminator="\n", float_format="%.4f")
    (here / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
