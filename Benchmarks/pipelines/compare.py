# SPDX-License-Identifier: Apache-2.0
"""Runs pipelines of steps that do nothing through Dhow and its peers, and prints what each step costs.

Run it with the Python of the environment that holds the peers: .venv-bench/bin/python Benchmarks/pipelines/compare.py
"""

import argparse
import dataclasses
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import measuring
import table
from contender import STEPS_AT_ONCE, Failed, Skipped, Work
from contender_dagster import Dagster
from contender_dhow import Dhow
from contender_luigi import Luigi
from contender_metaflow import Metaflow
from contender_ninja import Ninja
from contender_prefect import Prefect
from table import Result

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = (Ninja, Luigi, Dagster, Prefect, Metaflow)
TOOLS = ("dhow", *(peer.name for peer in PEERS))
SCENARIOS = ("single", "chain", "fan", "forEach", "cached", "concurrent", "growth")


class Comparison:
    """The rounds of one run."""

    def __init__(self, contenders, options, folder):
        self.contenders = contenders
        self.options = options
        self.folder = folder
        self.results = []
        #: What each tool ran in this round; a size that it has had stands for larger ones it is not given.
        self.done = set()
        self.pieces = 0

    def run(self):
        self.warm_up()
        for number in range(1, self.options.rounds + 1):
            say(f"round {number}, load {measuring.load()}")
            self.done.clear()
            # Every other round the other way about, so that no tool always comes after the same one.
            order = self.contenders[:: 1 if number % 2 else -1]
            for scenario, asked in self.plan():
                for contender in order:
                    self.offer(contender, scenario, asked, number)
            if "growth" in self.options.scenarios:
                self.grow(number)
        order = [contender.name for contender in self.contenders]
        self.results.sort(key=lambda result: order.index(result.tool))

    def warm_up(self):
        """One step by each, for no figure: Python compiles the modules, and databases are made."""
        for contender in self.contenders:
            self.offer(contender, "single", 1, 0)
        self.results = [result for result in self.results if result.round > 0 or result.cost is None]

    def plan(self):
        """Scenarios with the steps asked for; `cached` is measured behind its fan."""
        wanted = self.options.scenarios
        if "single" in wanted:
            yield "single", 1
        for size in self.options.sizes:
            if "chain" in wanted:
                yield "chain", size
            if "fan" in wanted or "cached" in wanted:
                yield "fan", size
            if "forEach" in wanted:
                yield "forEach", size
        if "concurrent" in wanted:
            yield "concurrent", self.options.executions

    def offer(self, contender, scenario, asked, number):
        """Measures the scenario with as much of it as the tool is given."""
        shape = {"single": "fan", "concurrent": "chain", "forEach": "each"}.get(scenario, scenario)
        if shape not in contender.shapes:
            return
        most = self.options.most.get(contender.name, contender.most_steps) or sys.maxsize
        executions, steps = 1, min(asked, most)
        if scenario == "concurrent":
            steps = min(STEPS_AT_ONCE, most)
            executions = min(asked, contender.most_executions or asked, max(1, most // steps))
        if (contender, scenario, steps, executions) not in self.done:
            self.done.add((contender, scenario, steps, executions))
            self.measure(contender, scenario, Result(contender.name, scenario, asked, steps, executions, number, None), shape)

    def grow(self, number):
        """Dhow alone, as one pipeline of ever more steps and as ever longer lists."""
        for contender in self.contenders:
            if contender.name == "dhow":
                for form, shape in (("steps", "fan"), ("forEach", "each")):
                    for size in self.options.growth:
                        scenario = f"growth {form}"
                        self.measure(contender, scenario, Result(contender.name, scenario, size, size, 1, number, None), shape)

    def measure(self, contender, scenario, result, shape):
        self.pieces += 1
        folder = self.folder / f"{self.pieces}"
        work = Work(shape, result.steps, folder, result.executions)
        is_again = scenario == "fan" and "cached" in self.options.scenarios
        others = [other.server for other in self.contenders if other is not contender and other.server]
        try:
            contender.prepare(work)
            contender.start()
            measured = [result] if scenario != "fan" or "fan" in self.options.scenarios else []
            cost = self.cost(contender, lambda: contender.run(work), others)
            work.check()
            self.keep(*(dataclasses.replace(each, cost=cost) for each in measured))
            if is_again:
                result = dataclasses.replace(result, scenario="cached")
                if not contender.reuses:
                    raise Skipped("runs every step again")
                cost = self.cost(contender, lambda: contender.run_again(work), others)
                work.check()
                self.keep(dataclasses.replace(result, cost=cost))
        except Skipped as reason:
            self.keep(dataclasses.replace(result, remark=f"skipped: {reason}"))
        except Failed as reason:
            self.keep(dataclasses.replace(result, remark="failed: " + " ".join(str(reason).split())))
        finally:
            contender.pause()
            measuring.reap_orphans({other.server for other in self.contenders})
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def cost(contender, work, others):
        return measuring.measure(work, contender.server, others, contender.client_seconds)

    def keep(self, *results):
        for result in results:
            self.results.append(result)
            if result.round == 0 and result.cost is not None:
                continue
            what = f"  {result.scenario:12} {table.sizes(result):>9}  {result.tool:9}"
            if result.cost is None:
                say(f"{what} {result.remark}")
            else:
                step = result.cost.cpu / result.total * 1000
                say(f"{what} {result.cost.cpu:8.2f} s CPU, {step:8.2f} ms a step, {result.cost.wall:7.1f} s, {result.cost.memory:5.0f} MiB")


def say(line):
    print(line, flush=True)


def names(known):
    def parse(text):
        chosen = [name.strip() for name in text.split(",") if name.strip()]
        if unknown := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return chosen

    return parse


def numbers(text):
    return [int(part) for part in text.split(",")]


def bounds(text):
    """`TOOL=STEPS,…`"""
    return {name: int(most) for name, most in (part.split("=") for part in text.split(","))}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=names(TOOLS), default=list(TOOLS), help=f"of {','.join(TOOLS)}")
    parser.add_argument("--scenarios", type=names(SCENARIOS), default=list(SCENARIOS), help=f"of {','.join(SCENARIOS)}")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sizes", type=numbers, default=[100, 1000], help="steps of chains and fans (100,1000)")
    parser.add_argument("--growth", type=numbers, default=[100, 1000, 10000], help="steps of Dhow's growing fan-out (100,1000,10000)")
    parser.add_argument("--executions", type=int, default=100, help="executions at once (100)")
    parser.add_argument("--most", type=bounds, default={}, help="steps at most, as prefect=20,metaflow=5; 0 for no limit")
    parser.add_argument("--dhow", type=pathlib.Path, default=ROOT / ".build/release/dhow", help="the binary (.build/release/dhow)")
    parser.add_argument("--limit", type=int, default=900, help="seconds after which a piece of work has failed (900)")
    parser.add_argument("--json", type=pathlib.Path, help="file for every single figure")
    return parser.parse_args()


def main():
    options = parse_options()
    measuring.become_reaper()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
    contenders = []
    began = time.monotonic()
    try:
        if "dhow" in options.tools:
            contenders.append(Dhow(folder / "dhow", options.limit, options.dhow))
        contenders += [peer(folder / peer.name, options.limit) for peer in PEERS if peer.name in options.tools]
        before = measuring.load()
        say(f"{measuring.machine()}, Python {sys.version.split()[0]}, load {before}")
        for contender in contenders:
            say(f"{contender.name} {contender.version()}")
        comparison = Comparison(contenders, options, folder)
        comparison.run()
    finally:
        for contender in contenders:
            contender.stop()
        measuring.end_descendants()
        shutil.rmtree(folder, ignore_errors=True)
    print()
    print("\n".join(table.tables(comparison.results)))
    print(f"{options.rounds} rounds in {time.monotonic() - began:.0f} s; load averages {before} before and {measuring.load()} after.")
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(result) for result in comparison.results], indent=1) + "\n")
    sys.exit(1 if any(result.remark.startswith("failed") for result in comparison.results) else 0)


if __name__ == "__main__":
    main()
