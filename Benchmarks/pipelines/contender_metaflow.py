# SPDX-License-Identifier: Apache-2.0
"""Metaflow on this machine: a process for each step, state and results in files.

Its flows are read from their source text, so that is written here. The two steps it demands beside ours, `start` and `end`, and of
a fan `join`, do nothing; they are in its figures, and go out of those beyond a run of one step.
"""

import os
import sys

from contender import WORKERS, Contender

HEAD = """\
import subprocess

from metaflow import FlowSpec, step


class Steps(FlowSpec):
    @step
    def start(self):
        {start}

"""
LINK = """\
    @step
    def s{index}(self):
        subprocess.run(["sh", "-c", {line!r}], check=True)
        self.next(self.{next})

"""
FAN = """\
    @step
    def one(self):
        subprocess.run(["sh", "-c", self.input], check=True)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

"""
TAIL = """\
    @step
    def end(self):
        pass


if __name__ == "__main__":
    Steps()
"""


class Metaflow(Contender):
    name = "metaflow"
    distribution = "metaflow"
    most_steps = 20
    most_executions = 2

    def environment(self):
        home = str(self.folder / "home")
        settings = {"METAFLOW_HOME": home, "METAFLOW_DATASTORE_SYSROOT_LOCAL": home, "METAFLOW_DEFAULT_METADATA": "local"}
        # Without a profile it looks for one in the home folder; it does not run for a user it cannot name.
        return super().environment() | settings | {"METAFLOW_USER": "bench", "HOME": str(self.folder), "METAFLOW_PROFILE": ""}

    def prepare(self, work):
        for execution in range(work.executions):
            lines = [work.line(index, execution) for index in range(work.steps)]
            if work.shape == "chain":
                names = [f"s{index}" for index in range(1, work.steps)] + ["end"]
                start = "self.next(self.s0)"
                body = "".join(LINK.format(index=index, line=line, next=names[index]) for index, line in enumerate(lines))
            else:
                start = f"self.lines = {lines!r}\n        self.next(self.one, foreach='lines')"
                body = FAN
            (work.folder / f"flow_{execution}.py").write_text(HEAD.format(start=start) + body + TAIL)

    def run(self, work):
        self.call(*(self.command(work, execution, "run") for execution in range(work.executions)), folder=work.folder)

    def run_again(self, work):
        """What it has for this is to resume a run, which is then copied instead of run."""
        run = (work.folder / "run-0").read_text().strip()
        self.call(self.command(work, 0, "resume") + ["--origin-run-id", run], folder=work.folder)

    def command(self, work, execution, verb):
        limits = ["--max-workers", str(WORKERS), "--max-num-splits", str(max(work.steps, 100))]
        if verb == "run":
            limits += ["--run-id-file", os.fspath(work.folder / f"run-{execution}")]
        return [sys.executable, f"flow_{execution}.py", "--quiet", "--no-pylint", verb] + limits
