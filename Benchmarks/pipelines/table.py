# SPDX-License-Identifier: Apache-2.0
"""The results as Markdown tables: the median over the rounds of each figure, and ratios to Dhow."""

import dataclasses
import statistics

from measuring import Cost


@dataclasses.dataclass(frozen=True)
class Result:
    tool: str
    #: Such as `chain`, `cached`, `growth fan`.
    scenario: str
    #: Steps that were asked for, and that this tool was given.
    asked: int
    steps: int
    executions: int
    round: int
    #: What it cost, or why it has no figure.
    cost: Cost | None
    remark: str = ""

    @property
    def total(self):
        return self.steps * self.executions


class Row:
    """One tool in one scenario, over all rounds."""

    def __init__(self, results, single):
        self.first = results[0]
        costs = [result.cost for result in results if result.cost]
        remark = next((result.remark for result in results if not result.cost), "")
        self.remark = remark.replace("|", "/")[:200]
        if not costs:
            self.cpu = None
            return
        self.rounds = len(costs)
        self.cpu = statistics.median(cost.cpu for cost in costs)
        self.wall = statistics.median(cost.wall for cost in costs)
        self.memory = max(cost.memory for cost in costs)
        self.server_memory = max((cost.server_memory or 0) for cost in costs)
        self.per_step = self.cpu / self.first.total * 1000
        # What one step's run costs is mostly the tool's start.
        alone = self.first.scenario in ("chain", "fan", "forEach") and single is not None and self.first.total > 1
        self.beyond = (self.cpu - single) / (self.first.total - 1) * 1000 if alone else None


def tables(results):
    """The tables, each with its heading, as lines."""
    singles = {}
    for result in results:
        if result.scenario == "single" and result.cost:
            singles.setdefault(result.tool, []).append(result.cost.cpu)
    singles = {tool: statistics.median(values) for tool, values in singles.items()}
    groups = {}
    for result in results:
        groups.setdefault((result.scenario, result.asked), {}).setdefault((result.tool, result.steps), []).append(result)
    for (scenario, asked), by_tool in groups.items():
        if not scenario.startswith("growth"):
            yield from comparison(scenario, asked, [Row(found, singles.get(tool)) for (tool, _), found in by_tool.items()])
    grown = [Row(found, None) for (scenario, _), by_tool in groups.items() if scenario.startswith("growth") for found in by_tool.values()]
    if grown:
        yield from growth(grown)


def comparison(scenario, asked, rows):
    yield f"### {heading(scenario, asked)}"
    yield ""
    yield "| tool | steps | CPU s | CPU ms a step | to Dhow's | beyond one step's run | to Dhow's | wall s | memory MiB (server's) |"
    yield "|---|---|---|---|---|---|---|---|---|"
    dhow = next((row for row in rows if row.first.tool == "dhow" and row.cpu), None)
    for row in rows:
        tool, steps = row.first.tool, sizes(row.first)
        if row.cpu is None:
            yield f"| {tool} | {steps} | {row.remark} | | | | | | |"
            continue
        figures = [
            number(row.cpu),
            number(row.per_step),
            ratio(row.per_step, dhow and dhow.per_step),
            # Of few steps, it is less than what the tool's start differs by.
            "" if row.beyond is None else number(row.beyond) if row.beyond > 0 else "–",
            ratio(row.beyond, dhow and dhow.beyond),
            number(row.wall),
            f"{row.memory:.0f}" + (f" ({row.server_memory:.0f})" if row.server_memory else ""),
        ]
        remark = f" ({row.remark})" if row.remark else ""
        yield f"| {tool}{remark} | {steps} | {' | '.join(figures)} |"
    yield ""


def growth(rows):
    yield "### Fan-out of Dhow as it grows"
    yield ""
    yield "| form | steps | CPU ms a step | wall s | server's memory MiB |"
    yield "|---|---|---|---|---|"
    for row in rows:
        form = row.first.scenario.removeprefix("growth ")
        if row.cpu is None:
            yield f"| {form} | {sizes(row.first)} | {row.remark} | | |"
        else:
            yield f"| {form} | {sizes(row.first)} | {number(row.per_step)} | {number(row.wall)} | {row.server_memory:.0f} |"
    yield ""


def heading(scenario, asked):
    return {
        "single": "One step",
        "chain": f"Chain of {asked:,} steps",
        "fan": f"Fan of {asked:,} steps",
        "forEach": f"Fan of {asked:,} by one step over a list",
        "cached": f"The fan of {asked:,} again, nothing changed",
        "concurrent": f"{asked:,} executions at once, each a chain",
    }[scenario]


def sizes(result):
    return f"{result.steps:,}" if result.executions == 1 else f"{result.executions:,} × {result.steps:,}"


def ratio(value, base):
    return number(value / base) if value and base and value > 0 and base > 0 else ""


def number(value):
    """Two significant figures, or all digits before the point."""
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"
