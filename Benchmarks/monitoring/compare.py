# SPDX-License-Identifier: Apache-2.0
"""Compares two tables with Dhow and other tools: what each costs, and what it catches.

Run it with the Python of the environment that holds the tools: .venv-monitoring/bin/python Benchmarks/monitoring/compare.py
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = ("dhow", "numpy", "evidently", "nannyml", "whylogs")


def measure(command):
    """Runs a command: its output, CPU seconds of it and its children, peak memory in MiB, wall seconds."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=errors, cwd=HERE)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        said = output.read().decode()
        if process.returncode not in (0, 10):
            lines = errors.read().decode(errors="replace").strip().splitlines()
            raise RuntimeError(lines[-1] if lines else f"exit {process.returncode}")
    return said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, wall


def changed(tool, form, folder, dhow):
    if tool != "dhow":
        said, *cost = measure([sys.executable, str(HERE / "contender.py"), tool, str(folder), form])
        return json.loads(said.strip().splitlines()[-1]), cost
    files = [str(folder / f"{name}.{form}") for name in ("reference", "current")]
    said, *cost = measure(
        [dhow, "monitor", "run", "--reference", files[0], "--current", files[1], "--format", "json"]
    )
    columns = json.loads(said)["columns"]
    found = [column["name"] for column in columns if any(test["severity"] != "none" for test in column["tests"])]
    return found, cost


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dhow", default=".build/release/dhow")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--formats", default="csv,parquet")
    parser.add_argument("--data", type=pathlib.Path, help="a folder for the tables; made anew unless they are there")
    options = parser.parse_args()
    import data

    with tempfile.TemporaryDirectory() as made:
        folder = (options.data or pathlib.Path(made)).resolve()
        if not (folder / "current.parquet").exists():
            command = [sys.executable, str(HERE / "data.py"), str(folder), "--rows", str(options.rows)]
            subprocess.run(command, check=True)
        print(f"{options.rows} rows on each side, 25 columns, one run each, load {os.getloadavg()[0]:.1f}.\n")
        print("| tool | from | CPU s | peak MiB | wall s | caught of 6 | missed | other columns called changed |")
        print("|---|---|---|---|---|---|---|---|")
        for form in options.formats.split(","):
            for tool in options.tools.split(","):
                try:
                    found, (cpu, memory, wall) = changed(tool, form, folder, str(pathlib.Path(options.dhow).resolve()))
                except (RuntimeError, ValueError, IndexError) as error:
                    print(f"| {tool} | {form} | failed: {error} | | | | | |", flush=True)
                    continue
                names = {name.split(" ")[0] for name in found}
                missed = [name for name in data.CHANGED if name not in names]
                others = [name for name in found if name.split(" ")[0] not in data.CHANGED]
                print(
                    f"| {tool} | {form} | {cpu:.1f} | {memory:.0f} | {wall:.1f} | {6 - len(missed)} | "
                    f"{', '.join(missed) or '–'} | {', '.join(others) or '–'} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
