# SPDX-License-Identifier: Apache-2.0
"""What every tool is asked to do, and what shows that it was done."""

import dataclasses
import importlib.metadata
import os
import pathlib
import signal
import subprocess
import sys
import time

#: Folder of the programs of the environment this runs in.
PROGRAMS = pathlib.Path(sys.prefix) / "bin"
#: Steps that may run at a time, where a tool can be told.
WORKERS = 2
#: Steps in each of the executions that go on at once.
STEPS_AT_ONCE = 10


class Failed(Exception):
    """A tool did not do what it was asked to."""


class Skipped(Exception):
    """A tool has no such thing."""


@dataclasses.dataclass(frozen=True)
class Work:
    """So many executions of a pipeline of so many steps.

    Step `i` of execution `e` appends one byte to the file `made/e-i` by `sh -c`, which is all it does; the size of the file is
    then the number of times that the step ran.
    """

    #: `chain` (each step waits for the one before), `fan` (none waits), or `each` (one step over a list).
    shape: str
    steps: int
    folder: pathlib.Path
    executions: int = 1

    def __post_init__(self):
        self.made.mkdir(parents=True, exist_ok=True)

    @property
    def made(self):
        return self.folder / "made"

    def target(self, index, execution=0):
        return self.made / f"{execution}-{index}"

    def line(self, index, execution=0):
        """The shell line of a step."""
        return f"echo >> {self.target(index, execution)}"

    def check(self):
        """That each step ran once, and nothing else did."""
        sizes = {entry.name: entry.stat().st_size for entry in os.scandir(self.made)}
        wanted = {self.target(index, execution).name for execution in range(self.executions) for index in range(self.steps)}
        runs = sum(sizes.values())
        if sizes.keys() != wanted or runs != len(wanted):
            raise Failed(f"{len(sizes.keys() & wanted)} of {len(wanted)} steps ran, {runs} times in all")


class Contender:
    """A tool under measurement. One is made per tool and lives through all rounds."""

    name = ""
    #: The wheel it comes in, for its version.
    distribution = ""
    #: Whether running the same again runs no step.
    reuses = True
    #: Steps of a pipeline at most, for tools that take about a second for each; None for no limit.
    most_steps = None
    #: Executions at once at most, for tools that take a process of their own with much memory for each.
    most_executions = None
    shapes = ("chain", "fan")

    def __init__(self, folder, limit):
        self.folder = folder
        self.limit = limit
        folder.mkdir(parents=True)

    def version(self):
        return importlib.metadata.version(self.distribution)

    def start(self):
        """Starts a server where the tool has one, before each piece of work."""

    def pause(self):
        """Ends the server after a piece of work, unless starting another one takes long."""

    def stop(self):
        """Ends all that is left."""

    @property
    def server(self):
        """Process id of the server, if one runs."""
        return None

    def client_seconds(self):
        """CPU time that this process spent as the tool's client, so far."""
        return 0.0

    def prepare(self, work):
        """Writes what the tool reads; not measured."""

    def run(self, work):
        """Runs what was prepared to its end."""
        raise NotImplementedError

    def run_again(self, work):
        """Runs the same with nothing changed."""
        self.run(work)

    def environment(self):
        return os.environ.copy()

    def call(self, *commands, folder=None):
        """Runs commands at once and waits for all of them."""
        log = self.folder / "log"
        deadline = time.monotonic() + self.limit
        processes = []
        try:
            with open(log, "wb") as output:
                for command in commands:
                    processes.append(
                        subprocess.Popen(
                            list(map(str, command)), cwd=folder or self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                            stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
                    )  # fmt: skip
            for process in processes:
                if process.wait(max(0.0, deadline - time.monotonic())) != 0:
                    raise Failed(f"exit status {process.returncode}: {log.read_text(errors='replace')[-2000:]}")
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {self.limit} s: {log.read_text(errors='replace')[-500:]}") from None
        finally:
            for process in processes:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
