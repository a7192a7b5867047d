# SPDX-License-Identifier: Apache-2.0
"""ninja, which keeps a log of commands and times instead of a history; the floor for a tool that starts processes."""

from contender import PROGRAMS, WORKERS, Contender


class Ninja(Contender):
    name = "ninja"
    distribution = "ninja"

    def prepare(self, work):
        for execution in range(work.executions):
            folder = work.folder / f"ninja-{execution}"
            folder.mkdir()
            # ninja itself gives the line to `sh -c`.
            lines = ["rule step", "  command = echo >> $out"]
            for index in range(work.steps):
                before = f" {work.target(index - 1, execution)}" if work.shape == "chain" and index else ""
                lines.append(f"build {work.target(index, execution)}: step{before}")
            (folder / "build.ninja").write_text("\n".join(lines) + "\n")

    def run(self, work):
        self.call(
            *([PROGRAMS / "ninja", f"-j{WORKERS}", "-C", work.folder / f"ninja-{execution}"] for execution in range(work.executions))
        )
