# SPDX-License-Identifier: Apache-2.0
"""Load from wrk, and what it made the server's processes use."""

import dataclasses
import json
import os
import pathlib
import re
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")

SCRIPT = """
wrk.method = "POST"
wrk.body = BODY
for name, value in pairs(HEADERS) do wrk.headers[name] = value end
local pause = PAUSE
if pause > 0 then
  -- Exponential gaps, so that requests come at a rate whatever the server does, as far as the connections go.
  function delay() return math.floor(-pause * math.log(1 - math.random()) + 0.5) end
end
local paths = PATHS
if #paths > 0 then
  local turn = 0
  function request()
    turn = turn % #paths + 1
    return wrk.format(nil, paths[turn])
  end
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %f %f %f\\n", summary.requests, summary.duration,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
"""


@dataclasses.dataclass
class Cell:
    """One server under one load. Times in ms."""

    requests: int
    rate: float
    cpu: float
    p50: float
    p99: float
    longest: float
    errors: int


def group_processes(leader):
    """The processes of the server: those in the session that was made for it."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            fields = text[text.rindex(")") + 2 :].split()
            if int(fields[3]) == leader:
                found.append(fields)
    return found


def cpu_seconds(leader):
    return sum(sum(map(int, fields[11:15])) for fields in group_processes(leader)) / TICKS


def resident(leader):
    """MiB of all the server's processes."""
    return sum(int(fields[21]) for fields in group_processes(leader)) * PAGE / (1 << 20)


def lua(value):
    return json.dumps(value)


def run(contender, rows, connections, seconds, folder, rate=None):
    """Closed loop: each connection sends its next request once it has its answer; with `rate`, about so many requests a second."""
    script = folder / "load.lua"
    headers = ", ".join(f"[{lua(name)}] = {lua(value)}" for name, value in {"Content-Type": "application/json", **contender.headers}.items())
    script.write_text(
        SCRIPT.replace("BODY", lua(contender.body(rows)), 1)
        .replace("HEADERS", "{" + headers + "}", 1)
        .replace("PATHS", "{" + ", ".join(lua(path) for path in contender.paths or []) + "}", 1)
        .replace("PAUSE", str(1000 * connections / rate) if rate else "0", 1)
    )
    before = cpu_seconds(contender.process.pid)
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), f"http://127.0.0.1:{contender.port}{contender.path()}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    cpu = cpu_seconds(contender.process.pid) - before
    match = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)", output)
    if not match:
        raise RuntimeError(f"wrk said: {output}")
    requests, duration, refused, broken = map(int, match.groups()[:4])
    p50, p99, longest = (float(text) / 1000 for text in match.groups()[4:])
    if requests == 0:
        raise RuntimeError(f"{contender.name} answered nothing")
    return Cell(requests, requests / (duration / 1e6), cpu * 1000 / requests, p50, p99, longest, refused + broken)
