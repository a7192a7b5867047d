# SPDX-License-Identifier: Apache-2.0
"""The same models behind Dhow and its peers, under the same load, one after the other in interleaved rounds.

Run it with the Python that holds the peers: .venv-serving/bin/python Benchmarks/serving/compare.py
"""

import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

import contenders
import load
import models


def say(text=""):
    print(text, flush=True)


def median(values):
    return statistics.median(values)


def measure(contender, options, folder, results):
    started, memory = contender.started, load.resident(contender.process.pid)
    for rows in options.rows:
        load.run(contender, rows, 8, 1, folder)  # warm-up
        for connections in options.connections:
            cell = load.run(contender, rows, connections, options.seconds, folder)
            results.setdefault((contender.model, rows, connections, contender.name), []).append(cell)
        closed = results[(contender.model, rows, options.connections[0], contender.name)][-1]
        rate = 0.7 * max(results[(contender.model, rows, connections, contender.name)][-1].rate for connections in options.connections)
        if closed.errors == 0:
            cell = load.run(contender, rows, 64, options.seconds, folder, rate=rate)
            results.setdefault((contender.model, rows, "70 %", contender.name), []).append(cell)
    results.setdefault("servers", []).append((contender.name, started, memory, load.resident(contender.process.pid)))


def show(results, names):
    cells = {key: value for key, value in results.items() if key != "servers"}
    for model, rows, connections in dict.fromkeys(key[:3] for key in cells):
        title = f"{connections} connections" if connections != "70 %" else "70 % of its highest rate"
        say(f"\n{model}, {rows} row{'s' if rows > 1 else ''}, {title}")
        say(f"  {'':14}{'requests/s':>12}{'CPU ms':>10}{'p50 ms':>10}{'p99 ms':>10}{'p99/p50':>9}{'errors':>8}{'CPU / Dhow’s':>14}")
        own = cells.get((model, rows, connections, "dhow"))
        for name in names:
            found = cells.get((model, rows, connections, name))
            if not found:
                continue
            cpu = median([cell.cpu for cell in found])
            ratio = cpu / median([cell.cpu for cell in own]) if own else float("nan")
            p50, p99 = median([cell.p50 for cell in found]), median([cell.p99 for cell in found])
            say(
                f"  {name:14}{median([cell.rate for cell in found]):12.0f}{cpu:10.4f}{p50:10.2f}{p99:10.2f}{p99 / p50:9.1f}"
                f"{sum(cell.errors for cell in found):8}{ratio:14.1f}"
            )
    say(f"\n  {'':14}{'first answer s':>16}{'MiB idle':>10}{'MiB after':>11}")
    for name in names:
        own = [entry[1:] for entry in results.get("servers", []) if entry[0] == name]
        if own:
            say(f"  {name:14}{median([e[0] for e in own]):16.2f}{median([e[1] for e in own]):10.0f}{median([e[2] for e in own]):11.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", default=",".join(contenders.CONTENDERS), help="of these: %(default)s")
    parser.add_argument("--models", default="logreg,rf", help="of: " + ", ".join(models.MODELS))
    parser.add_argument("--rows", default="1,100")
    parser.add_argument("--connections", default="1,8,64,256")
    parser.add_argument("--seconds", type=int, default=3, help="of each cell")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    options.rows = [int(text) for text in options.rows.split(",")]
    options.connections = [int(text) for text in options.connections.split(",")]
    names = options.servers.split(",")
    unknown = [name for name in names if name not in contenders.CONTENDERS] + [m for m in options.models.split(",") if m not in models.MODELS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    say(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; wrk with one thread is on the same cores")
    results = {}
    with tempfile.TemporaryDirectory(prefix="bench-serving.") as text:
        folder = pathlib.Path(text)
        for model in options.models.split(","):
            models.make(folder, model)
        for number in range(options.rounds):
            for model in options.models.split(","):
                for name in names[:: 1 if number % 2 == 0 else -1]:
                    work = folder / f"{number}-{model}-{name}"
                    work.mkdir()
                    for file in folder.glob(f"{model}[.-]*"):
                        # Not as links: MLflow refuses files outside of a model's folder.
                        (shutil.copytree if file.is_dir() else shutil.copy)(file, work / file.name)
                    try:
                        with contenders.CONTENDERS[name](work, model) as contender:
                            measure(contender, options, work, results)
                    except RuntimeError as error:
                        log = work / f"{name}.log"
                        say(f"{name}: {error}\n{log.read_text()[-2000:] if log.exists() else ''}")
                        if name == "dhow":
                            sys.exit(1)
                    say(f"round {number + 1}: {name} with {model} done, load {os.getloadavg()[0]:.1f}")
    show(results, names)


if __name__ == "__main__":
    main()
