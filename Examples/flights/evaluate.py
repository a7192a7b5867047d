# SPDX-License-Identifier: Apache-2.0
"""Scores a candidate, and the champion when there is one, on the same held-out flights.

The scores file has one line per labelled flight: row, day, label, candidate and champion (empty without one). A
comparison has to resample whole days (`day`), because flights that share their weather are late together. The baseline
file has the model's inputs with the candidate's score and the label: what a monitor compares later flights with.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from flights.features import is_late, labelled, model_inputs, read_flights
from flights.model import late_probability
from flights.tracking import tracked_run


def metrics(late: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Discrimination and calibration of the forecasts.

    `normalized_log_loss` is the log loss over that of a constant forecast of the late rate itself; below 1 is skill.
    He et al., Practical Lessons from Predicting Clicks on Ads at Facebook, ADKDD 2014, section 2.
    """
    loss = log_loss(late, probability)
    return {
        "auc": float(roc_auc_score(late, probability)),
        "log_loss": float(loss),
        "normalized_log_loss": float(loss / log_loss(late, np.full(len(late), late.mean()))),
        "brier": float(brier_score_loss(late, probability)),
        "mean_probability": float(probability.mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidate", type=Path, required=True, help=".joblib from train.py or .onnx")
    parser.add_argument("--champion", type=Path, help=".joblib or .onnx; none for the first model")
    parser.add_argument("--heldout", type=Path, required=True, help="held-out snapshot, CSV")
    parser.add_argument("--scores", type=Path, required=True, help="where the scores go, CSV")
    parser.add_argument("--metrics", type=Path, required=True, help="where the metrics go, JSON")
    parser.add_argument("--baseline", type=Path, help="where the scored inputs go, CSV")
    parser.add_argument("--run-file", type=Path, help="file with the run's id, from train.py")
    arguments = parser.parse_args()

    flights = read_flights(arguments.heldout)
    examples = labelled(flights)
    late = is_late(examples)
    if not 0 < late.sum() < len(late):
        raise SystemExit(f"the {len(late)} labelled held-out flights must hold both late and punctual ones")

    candidate = late_probability(arguments.candidate, examples)
    result = {"rows": len(late), "rows_without_label": len(flights) - len(late), "late_rate": float(late.mean())}
    result |= metrics(late, candidate)
    scores = pd.DataFrame(
        {
            "row": examples.index,
            "day": [f"{month:02d}-{day:02d}" for month, day in zip(examples["month"], examples["day"], strict=True)],
            "label": late,
            "candidate": candidate,
            "champion": "",
        }
    )
    if arguments.champion:
        champion = late_probability(arguments.champion, examples)
        result |= {f"champion_{name}": value for name, value in metrics(late, champion).items()}
        scores["champion"] = champion

    scores.to_csv(arguments.scores, index=False, lineterminator="\n")
    if arguments.baseline:
        baseline = model_inputs(examples).assign(score=candidate, label=late)
        baseline.to_csv(arguments.baseline, index=False, lineterminator="\n")
    arguments.metrics.write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        print(f"{name} {value:.6g}")
    with tracked_run(arguments.run_file) as tracked:
        if tracked:
            import mlflow

            mlflow.log_metrics({f"heldout_{name}": value for name, value in result.items()})


if __name__ == "__main__":
    main()
