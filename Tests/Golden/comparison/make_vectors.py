# SPDX-License-Identifier: Apache-2.0
"""Makes comparison.json: what published libraries say of two models' scores on the same rows.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_vectors.py

Nothing here computes a reference itself: DeLong's test is MLstatkit's, areas are scikit-learn's, McNemar's tests statsmodels', the
exact interval and the bootstraps scipy's. Resampling cannot give the same interval twice: each bootstrap also tells by how much
its ends differ between 20 runs of 2000 resamples (`spread`, one standard deviation).
"""

import json
from pathlib import Path

import numpy as np
from MLstatkit import Delong_test
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar

LEVEL = 0.95
RANDOM = np.random.default_rng(20131001)


def scores(rows: int, rate: float, skill: float, other: float, shared: float, digits: int) -> dict:
    """Labels with the scores of two models that share part of their mistakes."""
    label = (RANDOM.random(rows) < rate).astype(int)
    label[:2], label[2:4] = 1, 0
    common = RANDOM.normal(size=rows) * shared
    noise = np.sqrt(1 - shared**2)

    def model(gain: float) -> list[float]:
        raw = gain * label + common + noise * RANDOM.normal(size=rows)
        return np.round(1 / (1 + np.exp(-(raw - gain / 2))), digits).tolist()

    return {"label": label.tolist(), "challenger": model(skill), "champion": model(other)}


def delong(case: dict) -> dict:
    label, challenger, champion = (np.array(case[name]) for name in ("label", "challenger", "champion"))
    z, p, _, _, area, other, info = Delong_test(label, champion, challenger, alpha=LEVEL)
    assert info["method"] == "delong", info
    assert np.isclose(other, roc_auc_score(label, challenger)) and np.isclose(area, roc_auc_score(label, champion))
    error = float(np.sqrt(info["var_diff"]))
    half = stats.norm.ppf((1 + LEVEL) / 2) * error
    return {
        "challenger_area": roc_auc_score(label, challenger), "champion_area": roc_auc_score(label, champion),
        "standard_error": error, "z": float(z), "p": float(p), "lower": other - area - half, "upper": other - area + half,
    }


def mcnemar_case(rows: int, challenger_only: int, champion_only: int) -> dict:
    agreeing = rows - challenger_only - champion_only
    table = [[agreeing, challenger_only], [champion_only, 0]]
    exact = mcnemar(table, exact=True)
    result = {"rows": rows, "challenger_only": challenger_only, "champion_only": champion_only, "p_exact": float(exact.pvalue)}
    if challenger_only + champion_only > 0:
        plain, corrected = mcnemar(table, exact=False, correction=False), mcnemar(table, exact=False, correction=True)
        result |= {
            "chi2": float(plain.statistic), "p_chi2": float(plain.pvalue),
            "chi2_corrected": float(corrected.statistic), "p_chi2_corrected": float(corrected.pvalue),
        }
        share = stats.binomtest(challenger_only, challenger_only + champion_only).proportion_ci(LEVEL, method="exact")
        result |= {"share_lower": float(share.low), "share_upper": float(share.high)}
    return result


def interval(data: tuple, statistic, resamples: int, seed: int, vectorized: bool) -> tuple[float, float]:
    found = stats.bootstrap(
        data, statistic, n_resamples=resamples, paired=True, vectorized=vectorized, method="percentile", confidence_level=LEVEL,
        rng=np.random.default_rng(seed), batch=1000 if vectorized else None,
    ).confidence_interval
    return float(found.low), float(found.high)


def bootstrap(data: tuple, statistic, vectorized: bool, resamples: int) -> dict:
    low, high = interval(data, statistic, resamples, 1, vectorized)
    runs = np.array([interval(data, statistic, 2000, seed, vectorized) for seed in range(2, 22)])
    spread = runs.std(axis=0, ddof=1)
    return {"lower": low, "upper": high, "lower_spread": float(spread[0]), "upper_spread": float(spread[1])}


def losses(case: dict, metric: str) -> np.ndarray:
    """By how much the champion loses more than the challenger, row by row."""
    label = np.array(case["label"])

    def loss(name: str) -> np.ndarray:
        score = np.clip(np.array(case[name]), 1e-12, 1 - 1e-12)
        return (score - label) ** 2 if metric == "brier" else -np.log(np.where(label == 1, score, 1 - score))

    return loss("champion") - loss("challenger")


def area_gain(label, challenger, champion) -> float:
    return roc_auc_score(label, challenger) - roc_auc_score(label, champion)


def main() -> None:
    cases = {
        "better": scores(300, 0.3, 1.6, 1.1, 0.6, 4), "equal": scores(400, 0.2, 1.2, 1.2, 0.8, 4),
        "worse": scores(250, 0.5, 0.6, 1.4, 0.3, 4), "ties": scores(300, 0.3, 1.4, 1.1, 0.6, 1),
        "rare": scores(500, 0.03, 1.8, 1.5, 0.5, 4), "small": scores(24, 0.5, 1.5, 1.0, 0.5, 3),
    }
    result = {"level": LEVEL, "cases": {}}
    for name, case in cases.items():
        rows = len(case["label"])
        entry = case | {"delong": delong(case)}
        for metric in ("brier", "logLoss"):
            gains = losses(case, metric)
            entry[metric] = {"estimate": float(gains.mean())} | bootstrap((gains,), lambda x, axis: x.mean(axis=axis), True, 200_000)
        group = np.arange(rows) // 10
        gains = losses(case, "brier")
        sums, sizes = np.bincount(group, gains), np.bincount(group)
        ratio = lambda s, n, axis: s.sum(axis=axis) / n.sum(axis=axis)
        entry["brier_by_ten"] = {"estimate": float(gains.mean())} | bootstrap((sums, sizes), ratio, True, 200_000)
        if name in ("better", "ties"):
            data = tuple(np.array(case[column]) for column in ("label", "challenger", "champion"))
            entry["auc"] = {"estimate": area_gain(*data)} | bootstrap(data, area_gain, False, 10_000)
        result["cases"][name] = entry
    result["mcnemar"] = [
        mcnemar_case(*counts)
        for counts in [(100, 10, 5), (100, 5, 10), (50, 0, 0), (50, 7, 0), (50, 0, 7), (1000, 121, 59), (1000, 60, 60), (10, 1, 0),
                       (100_000, 5210, 4987), (1_000_000, 40_000, 41_000)]
    ]
    text = json.dumps(result, indent=1)
    Path(__file__).with_name("comparison.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
