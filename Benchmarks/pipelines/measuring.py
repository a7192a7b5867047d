# SPDX-License-Identifier: Apache-2.0
"""What a tool's processes cost: CPU time of the whole tree, memory, wall time; and what else the machine did meanwhile."""

import contextlib
import ctypes
import dataclasses
import os
import pathlib
import resource
import signal
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
TICKS = os.sysconf("SC_CLK_TCK")
PROC = pathlib.Path("/proc")


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds of CPU (user and system) and wall time, MiB of memory."""

    cpu: float
    wall: float
    #: The most that all processes had together, each shared page divided among those that share it; sampled.
    memory: float
    #: The most that the server's own process had resident, as the kernel kept it; None without a server.
    server_memory: float | None


def become_reaper():
    """Has orphans of our descendants handed to us instead of to init, so that nothing a tool started leaves the tree."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def descendants(excluding=()):
    """The stat fields, after the name, of every process beneath this one by pid, leaving out the trees of some."""
    stats, children = {}, {}
    for entry in os.listdir(PROC):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            text = (PROC / entry / "stat").read_text()
            # The name stands in parentheses and may hold anything.
            fields = text[text.rindex(")") + 2 :].split()
            stats[int(entry)] = fields
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, open_ends = {}, [os.getpid()]
    while open_ends:
        for child in children.get(open_ends.pop(), []):
            if child not in excluding:
                found[child] = stats[child]
                open_ends.append(child)
    return found


def cpu_seconds(excluding=()):
    """CPU time so far of all that this process started: what lives, with what each has reaped, and what was reaped here.

    Every ended process is counted by who reaped it, so nothing is counted twice.
    """
    # In this order, so that one that is reaped here in between is seen twice rather than not at all. It is asked before a tool's work
    # and after it, when nothing should end.
    alive = sum(sum(map(int, fields[11:15])) for fields in descendants(excluding).values()) / TICKS
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    return alive + reaped.ru_utime + reaped.ru_stime


def proportional_memory(excluding=()):
    """MiB of all processes beneath this one."""
    kibibytes = 0
    own = (PROC / "self/cmdline").read_bytes()
    for pid in descendants(excluding):
        with contextlib.suppress(OSError):
            # Between its fork and its exec, a process still has our memory.
            if (PROC / str(pid) / "cmdline").read_bytes() == own:
                continue
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kibibytes += int(line.split()[1])
                    break
    return kibibytes / 1024


def forget_peak(pid):
    (PROC / str(pid) / "clear_refs").write_text("5")


def peak_memory(pid):
    """MiB that the process had resident at most since `forget_peak`."""
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no VmHWM")


def reap_orphans(known):
    """Collects ended processes that were handed to us; `known` are those whose end someone here waits for."""
    for pid, fields in descendants().items():
        if fields[0] == "Z" and int(fields[1]) == os.getpid() and pid not in known:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def end_descendants():
    """Kills what is still beneath this process."""
    while alive := [pid for pid, fields in descendants().items() if fields[0] != "Z"]:
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    reap_orphans(set())


class MemorySampler(threading.Thread):
    """Looks at memory now and then while the work goes on; its own CPU time is this process's and counts for nobody."""

    #: Seconds between two looks: few while little time has passed, so that short work is seen too.
    FIRST, LONGEST = 0.005, 0.2

    def __init__(self, excluding):
        super().__init__(daemon=True)
        self.excluding = excluding
        self.most = 0.0
        self.ended = threading.Event()

    def run(self):
        pause = self.FIRST
        while True:
            self.most = max(self.most, proportional_memory(self.excluding))
            if self.ended.wait(pause):
                return
            pause = min(pause * 1.2, self.LONGEST)

    def finish(self):
        self.ended.set()
        self.join()
        return self.most


def measure(work, server=None, excluding=(), client_seconds=lambda: 0.0):
    """The cost of calling `work`, beside a `server` that runs already; `client_seconds` is CPU time that counts though it is ours."""
    if server is not None:
        forget_peak(server)
    sampler = MemorySampler(excluding)
    cpu = cpu_seconds(excluding) + client_seconds()
    began = time.monotonic()
    sampler.start()
    try:
        work()
    finally:
        wall = time.monotonic() - began
        memory = sampler.finish()
    cpu = cpu_seconds(excluding) + client_seconds() - cpu
    return Cost(cpu, wall, memory, None if server is None else peak_memory(server))


def machine():
    """The machine in one line."""
    model = next((line.split(":")[1].strip() for line in (PROC / "cpuinfo").read_text().splitlines() if "model name" in line), "?")
    total = next(int(line.split()[1]) for line in (PROC / "meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return f"{os.cpu_count()} cores, {model}, {total / 1024 / 1024:.0f} GiB"


def load():
    """The load averages over 1, 5 and 15 minutes: above the number of cores, processes wait."""
    return "{:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg())
