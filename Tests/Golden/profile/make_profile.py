# SPDX-License-Identifier: Apache-2.0
"""Profiles Examples/flights/data/flights.csv.gz with Python's csv module and numpy, as the reference for snapshot profiles.

Run: python make_profile.py > flights.json
"""

import collections
import csv
import datetime
import gzip
import json
import pathlib

import numpy

SOURCE = pathlib.Path(__file__).parents[3] / "Examples" / "flights" / "data" / "flights.csv.gz"


def numbers(texts, parse):
    values = numpy.array([parse(text) for text in texts])
    edges = sorted({float(numpy.quantile(values, tenth / 10)) for tenth in range(1, 10)})
    counts = numpy.bincount(numpy.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return {
        "minimum": float(values.min()), "maximum": float(values.max()), "mean": float(values.mean()),
        "deviation": float(values.std(ddof=1)), "edges": edges, "counts": [int(count) for count in counts],
    }


def milliseconds(text):
    return datetime.datetime.fromisoformat(text).timestamp() * 1000


def profile(texts):
    known = [text for text in texts if text != ""]
    column = {"nulls": len(texts) - len(known), "distinct": len(set(known))}
    for kind, parse in [("integer", int), ("number", float), ("time", milliseconds)]:
        try:
            return column | {"type": kind} | numbers(known, parse)
        except ValueError:
            continue
    top = sorted(collections.Counter(known).items(), key=lambda item: (-item[1], item[0]))[:20]
    return column | {"type": "text", "top": top}


with gzip.open(SOURCE, "rt", newline="") as file:
    header, *rows = list(csv.reader(file))
columns = {name: profile([row[index] for row in rows]) for index, name in enumerate(header)}
print(json.dumps({"rows": len(rows), "columns": columns}, indent=1))
