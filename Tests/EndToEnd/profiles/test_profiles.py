# SPDX-License-Identifier: Apache-2.0
"""Drift reports and profiles of files, with the binary as people start it and files as pandas' world writes them. No server is asked."""

import gzip
import json
import random
import xml.etree.ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def rows(count, seed, shift=0.0, carriers=("AA", "UA", "DL")):
    draw = random.Random(seed)
    return {
        "delay": [round(draw.gauss(shift, 1), 3) for _ in range(count)],
        "carrier": [draw.choice(carriers) for _ in range(count)],
        "gap": [None if draw.random() < 0.1 else draw.randrange(50) for _ in range(count)],
    }


def csv(table):
    lines = [",".join(table)]
    for row in zip(*table.values()):
        lines.append(",".join("" if value is None else str(value) for value in row))
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(dhow):
    before, same, moved = rows(1000, 1), rows(1000, 2), rows(1000, 3, 0.8, ("AA", "UA", "XX"))
    dhow.write("before.csv", csv(before))
    dhow.write("moved.csv", csv(moved))
    (dhow.folder / "same.csv.gz").write_bytes(gzip.compress(csv(same).encode()))
    pq.write_table(pa.table(same), dhow.folder / "same.parquet")
    # DuckDB's part: the product's own reader knows no Zstandard.
    pq.write_table(pa.table(moved), dhow.folder / "moved.parquet", compression="zstd")
    return dhow


def run(dhow, reference, current, *more, status=0):
    return dhow("monitor", "run", "--reference", reference, "--current", current, *more, status=status).stdout


def test_exit_codes_tell_drift_from_quiet_and_from_files_that_cannot_be_used(files):
    for current in ("same.csv.gz", "same.parquet", "before.csv"):
        assert "Nothing drifted" in run(files, "before.csv", current)
    for current in ("moved.csv", "moved.parquet"):
        report = json.loads(run(files, "before.csv", current, "--format", "json", status=10))
        drifted = {column["name"] for column in report["columns"] if any(test["severity"] != "none" for test in column["tests"])}
        assert report["verdict"] == "drifted" and report["pages"] and drifted == {"delay", "carrier"}
    files.write("empty.csv", "")
    files.write("ragged.csv", "delay,carrier,gap\n1,AA\n")
    files.write("few.csv", csv(rows(5, 4)))
    files.write("damaged.parquet", "PAR1 and nothing more")
    for name, status in (("empty.csv", 64), ("ragged.csv", 64), ("damaged.parquet", 64), ("none.csv", 66)):
        run(files, "before.csv", name, status=status)
    assert "Undecided" in run(files, "before.csv", "few.csv", status=10)


def test_reports_are_written_in_every_form(files):
    run(files, "before.csv", "moved.csv", "--output", "report", status=10)
    suites = xml.etree.ElementTree.parse(files.folder / "report/drift.junit.xml").getroot()
    assert int(suites.get("failures")) == len(suites.findall(".//failure")) >= 3
    page = (files.folder / "report/drift.html").read_text()
    assert "<svg" in page and "src=" not in page and "http" not in page.replace("http-equiv", "")
    assert "| delay | numbers |" in (files.folder / "report/drift.md").read_text()
    assert json.loads((files.folder / "report/drift.json").read_text())["verdict"] == "drifted"


def test_profiles_merge_in_any_order_and_stand_for_their_files(files):
    files.write("first.csv", csv(rows(600, 5)))
    files.write("second.csv", csv(rows(500, 6)))
    for name in ("first", "second"):
        files("profile", f"{name}.csv", "-o", f"{name}.profile.json")
    files("profile", "merge", "first.profile.json", "second.profile.json", "-o", "there.json")
    files("profile", "merge", "second.profile.json", "first.profile.json", "-o", "back.json")
    files("profile", "first.csv", "second.csv", "--out", "whole.json")
    there, back, whole = (json.loads((files.folder / name).read_text()) for name in ("there.json", "back.json", "whole.json"))
    for left, middle, right in zip(there["columns"], back["columns"], whole["columns"]):
        assert left["texts"] == middle["texts"] == right["texts"]
        assert left["numbers"]["buckets"] == middle["numbers"]["buckets"] == right["numbers"]["buckets"]
    assert "Nothing drifted" in run(files, "there.json", "same.parquet")
    run(files, "there.json", "moved.csv", status=10)
    assert "1100" in files("profile", "show", "there.json").stdout


def test_a_configuration_says_what_is_looked_at(files):
    files.write("config.yaml", "ignore: [delay]\nthresholds: {totalVariation: 0.5, stabilityIndex: 9, unseenShare: 0.9}\n")
    run(files, "before.csv", "moved.csv", "--config", "config.yaml")
    files.write("wrong.yaml", "ignore: [delay]\nlimits: 3\n")
    assert "Line 2" in files("monitor", "run", "--reference", "before.csv", "--current", "moved.csv", "--config", "wrong.yaml", status=64).stderr
