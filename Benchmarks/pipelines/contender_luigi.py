# SPDX-License-Identifier: Apache-2.0
"""Luigi with its local scheduler. A step counts as done when its file is there; the tool keeps no state of its own.

Run as a program, this is the workload.
"""

import pathlib
import subprocess
import sys

from contender import WORKERS, Contender, Work


class Luigi(Contender):
    name = "luigi"
    distribution = "luigi"
    # Each is a process of some 40 MiB.
    most_executions = 20

    def run(self, work):
        self.call(
            *([sys.executable, __file__, work.shape, work.steps, work.folder, execution] for execution in range(work.executions))
        )


def main(shape, steps, folder, execution):
    import luigi

    work = Work(shape, int(steps), pathlib.Path(folder))

    class Step(luigi.Task):
        index = luigi.IntParameter()

        def requires(self):
            return [Step(self.index - 1)] if shape == "chain" and self.index else []

        def output(self):
            return luigi.LocalTarget(str(work.target(self.index, execution)))

        def run(self):
            subprocess.run(["sh", "-c", work.line(self.index, execution)], check=True)

    wanted = [Step(work.steps - 1)] if shape == "chain" else [Step(index) for index in range(work.steps)]
    sys.exit(0 if luigi.build(wanted, local_scheduler=True, workers=WORKERS, log_level="WARNING") else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
