# SPDX-License-Identifier: Apache-2.0
"""Dhow alone: what a hundred models in memory and a thousand connections cost, and a million requests to one endpoint.

Run it with the Python of .venv-serving: .venv-serving/bin/python Benchmarks/serving/scale.py
"""

import argparse
import pathlib
import tempfile

import contenders
import load
import models


def show(title, cell, dhow):
    print(
        f"{title:36}{cell.rate:9.0f} requests/s  CPU {cell.cpu:.4f} ms  p50 {cell.p50:7.2f} ms  p99 {cell.p99:7.2f} ms  "
        f"{cell.errors} failed  {load.resident(dhow.process.pid):.0f} MiB",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--endpoints", type=int, default=100)
    parser.add_argument("--requests", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-serving.") as text:
        folder = pathlib.Path(text)
        models.make(folder, "logreg")
        with contenders.Dhow(folder, "logreg") as dhow:
            show("1 endpoint, 8 connections", load.run(dhow, 1, 8, options.seconds, folder), dhow)
            show("1 endpoint, 1,000 connections", load.run(dhow, 1, 1000, options.seconds, folder), dhow)
            for number in range(options.endpoints - 1):
                dhow.release(f"m{number}", folder / "logreg.onnx")
            dhow.paths = [f"/v2/models/m{number}/infer" for number in range(options.endpoints - 1)]
            show(f"{options.endpoints} endpoints, 8 connections", load.run(dhow, 1, 8, options.seconds, folder), dhow)
            dhow.paths = None
            sent = 0
            while sent < options.requests:
                cell = load.run(dhow, 1, 8, options.seconds * 4, folder)
                sent += cell.requests
                show(f"{sent} requests so far", cell, dhow)


if __name__ == "__main__":
    main()
