# SPDX-License-Identifier: Apache-2.0
"""Lets one tool compare the two tables, and prints the columns that it calls changed."""

import json
import sys

import data


def read(folder, form):
    import pyarrow.csv
    import pyarrow.parquet

    tables = []
    for name in ("reference", "current"):
        path = f"{folder}/{name}.{form}"
        tables.append(
            pyarrow.csv.read_csv(path) if form == "csv" else pyarrow.parquet.read_table(path)
        )
    return tables


def frames(folder, form):
    return [table.to_pandas() for table in read(folder, form)]


def numpy(folder, form):
    """Stability index over deciles and the widest gap for numbers, chi-square and total variation for categories, on plain arrays."""
    import numpy as np
    import pyarrow as pa

    pa.set_cpu_count(1)
    reference, current = read(folder, form)
    changed = []
    for name in data.NUMBERS:
        before, after = (
            np.sort(table[name].drop_null().to_numpy()) for table in (reference, current)
        )
        edges = np.unique(np.quantile(before, np.arange(0.1, 1, 0.1)))
        shares = [
            np.maximum(np.diff(np.searchsorted(side, edges), prepend=0, append=len(side)) / len(side), 1e-4)
            for side in (before, after)
        ]
        index = np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0]))
        pooled = np.concatenate([before, after])
        pooled.sort()
        gap = np.searchsorted(before, pooled, "right") / len(before)
        gap -= np.searchsorted(after, pooled, "right") / len(after)
        distance = np.sum(np.abs(gap[:-1]) * np.diff(pooled)) / before.std()
        if index >= 0.1 or distance >= 0.1:
            changed.append(name)
    for name in data.CATEGORIES:
        counts = []
        for table in (reference, current):
            found = table[name].value_counts()
            counts.append(dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist())))
        names = counts[0].keys() | counts[1].keys()
        moved = sum(
            abs(counts[0].get(key, 0) / len(reference) - counts[1].get(key, 0) / len(current)) for key in names
        )
        if moved / 2 >= 0.1:
            changed.append(name)
    return changed


def evidently(folder, form):
    from evidently import Report
    from evidently.presets import DataDriftPreset

    reference, current = frames(folder, form)
    result = json.loads(Report([DataDriftPreset()]).run(current, reference).json())
    changed = []
    for metric in result["metrics"]:
        config = metric.get("config", {})
        if "column" not in config or "threshold" not in config:
            continue
        value, limit = float(metric["value"]), float(config["threshold"])
        is_p_value = "p_value" in str(config.get("method", ""))
        if value < limit if is_p_value else value >= limit:
            changed.append(config["column"])
    return changed


def nannyml(folder, form):
    import nannyml as nml

    reference, current = frames(folder, form)
    names = list(reference.columns)
    calculator = nml.UnivariateDriftCalculator(column_names=names, chunk_number=10)
    calculator.fit(reference)
    found = calculator.calculate(current).filter(period="analysis").to_df()
    changed = []
    for name in names:
        alerts = found[(name, "jensen_shannon", "alert")]
        if alerts.any():
            changed.append(f"{name} ({int(alerts.sum())}/{len(alerts)})")
    return changed


def whylogs(folder, form):
    import numpy as np
    import whylogs as why

    if not hasattr(np, "unicode_"):
        np.unicode_ = np.str_
    reference, current = (why.log(frame).profile().view() for frame in frames(folder, form))
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    scores = calculate_drift_scores(
        target_view=current, reference_view=reference, with_thresholds=True
    )
    return [name for name, score in scores.items() if score and score.get("drift_category") == "DRIFT"]


TOOLS = {tool.__name__: tool for tool in (numpy, evidently, nannyml, whylogs)}

if __name__ == "__main__":
    print(json.dumps(TOOLS[sys.argv[1]](sys.argv[2], sys.argv[3])))
