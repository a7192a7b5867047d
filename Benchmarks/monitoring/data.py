# SPDX-License-Identifier: Apache-2.0
"""Makes the two tables that tools are compared on: the same rows for the same seed, as CSV and as Parquet."""

import argparse
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

NUMBERS = [f"n{index:02}" for index in range(20)]
CATEGORIES = [f"c{index}" for index in range(5)]
# Six changes that matter, one that does not, and eighteen columns that stay as they were.
CHANGED = ["n03", "n07", "n11", "n15", "c2", "c4"]
TRIFLE = "n18"


def shares(sizes):
    return np.array(sizes) / np.sum(sizes)


def numbers(generator, name, rows, is_current):
    index = int(name[1:])
    kind = index % 4
    if kind == 0:
        values = generator.normal(10 * index, 1 + index / 4, rows)
    elif kind == 1:
        values = generator.lognormal(0, 0.6, rows)
    elif kind == 2:
        values = generator.uniform(-50, 50 + index, rows)
    else:
        values = generator.normal(0, 1, rows)
    if is_current:
        if name == "n03":  # the mean moves by a quarter of a deviation
            values += 0.25
        elif name == "n07":  # a third wider
            values *= 1.33
        elif name == "n15":  # one in twelve from a second mode
            values = np.where(generator.random(rows) < 1 / 12, generator.normal(4, 0.5, rows), values)
        elif name == "n18":  # a hundredth of a deviation: nobody should be told
            values += 0.01 * 118 / 12**0.5
    values = np.round(values, 4)
    missing = 0.0
    if name == "n11":
        missing = 0.09 if is_current else 0.02
    elif name in ("n02", "n13"):
        missing = 0.01
    return pa.array(values, mask=generator.random(rows) < missing)


def categories(generator, name, rows, is_current):
    if name == "c0":
        names, weights = ["yes", "no"], shares([1, 3])
    elif name == "c1":
        names, weights = [f"region {index}" for index in range(12)], shares(np.arange(12, 0, -1))
    elif name == "c2":
        names, weights = [f"carrier {index}" for index in range(8)], shares(np.arange(8, 0, -1))
        if is_current:  # a twelfth of all rows in a category never seen
            names, weights = [*names, "carrier new"], np.append(weights * 11 / 12, 1 / 12)
    elif name == "c3":
        names, weights = [f"product {index}" for index in range(300)], shares(1 / np.arange(1, 301))
    else:
        names, top = ["web", "shop", "phone", "post"], 0.52 if is_current else 0.40
        weights = np.append(top, (1 - top) * shares([3, 2, 1]))
    places = generator.choice(len(names), rows, p=weights)
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(names)).cast(pa.string())


def make(rows, is_current):
    # A stream for each column, so that a column does not depend on the others.
    columns = {}
    for place, name in enumerate(NUMBERS + CATEGORIES):
        generator = np.random.default_rng([20261126, int(is_current), place])
        draw = numbers if name in NUMBERS else categories
        columns[name] = draw(generator, name, rows, is_current)
    return pa.table(columns)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, is_current in (("reference", False), ("current", True)):
        table = make(options.rows, is_current)
        pyarrow.csv.write_csv(
            table, options.folder / f"{name}.csv", pyarrow.csv.WriteOptions(quoting_style="none")
        )
        pyarrow.parquet.write_table(table, options.folder / f"{name}.parquet")


if __name__ == "__main__":
    main()
