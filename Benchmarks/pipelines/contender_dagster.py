# SPDX-License-Identifier: Apache-2.0
"""Dagster with its in-process executor, the cheapest it has, and its own SQLite files. Its ops are run again each time.

Executions at once are processes: threads that run jobs in one process wait for each other for ever. Run as a program, this is the
workload.
"""

import pathlib
import subprocess
import sys

from contender import Contender, Work


class Dagster(Contender):
    name = "dagster"
    distribution = "dagster"
    reuses = False
    most_steps = 200
    # Each is a process of some 110 MiB.
    most_executions = 10

    def environment(self):
        home = self.folder / "home"
        if not home.exists():
            home.mkdir()
            (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
        return super().environment() | {"DAGSTER_HOME": str(home)}

    def run(self, work):
        self.call(
            *([sys.executable, __file__, work.shape, work.steps, work.folder, execution] for execution in range(work.executions))
        )


def main(shape, steps, folder, execution):
    import dagster

    work = Work(shape, int(steps), pathlib.Path(folder))

    def step(index):
        # One after another by an input that carries nothing.
        waits = {"before": dagster.In(dagster.Nothing)} if shape == "chain" and index else {}

        @dagster.op(name=f"s{index}", ins=waits, out=dagster.Out(dagster.Nothing))
        def run():
            subprocess.run(["sh", "-c", work.line(index, execution)], check=True)

        return run

    @dagster.job
    def job():
        before = []
        for index in range(work.steps):
            end = step(index)(*before)
            before = [end] if shape == "chain" else []

    with dagster.DagsterInstance.get() as instance:
        sys.exit(0 if job.execute_in_process(instance=instance).success else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
