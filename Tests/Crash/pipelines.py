# SPDX-License-Identifier: Apache-2.0
"""Kills a real server again and again while one execution goes through a pipeline, and holds the end to what an undisturbed one has.

Usage: pipelines.py [--kills N] [--engine sqlite|postgres]... [--seed SEED]

Each step writes a line when it begins and one when it ends, and hands a number on. No step may end well twice, and none may begin again
once it has ended; the execution succeeds with the number that arithmetic gives. Executions follow each other until the kills are done.
"""

import base64
import collections
import json
import random
import time

import arguments
from installation import Installation, Unanswered

WIDTH = 12
CHAIN = 10
SCRIPT = """
import os, pathlib, sys, time
journal = pathlib.Path(os.environ["JOURNAL"])
me = os.environ["DHOW_EXECUTION"] + " " + os.environ["DHOW_STEP"] + " " + os.environ.get("DHOW_INDEX", "-")
def say(word):
    with open(journal, "a") as file:
        file.write(f"{me} {word}\\n")
say("begins")
time.sleep(float(os.environ["PAUSE"]))
total = 1
for name, path in os.environ.items():
    if name.startswith("DHOW_INPUT_") and path:
        place = pathlib.Path(path)
        text = place.read_text()
        values = __import__("json").loads(text)
        total += sum(values) if isinstance(values, list) else values
pathlib.Path(os.environ["DHOW_OUTPUT_NUMBER"]).write_text(str(total))
say("ends")
"""


def document(journal, pause):
    """A chain, then a fan over a list, then a sum."""

    def step(name, inputs="", more=""):
        return (
            f"  - name: {name}\n    cache: false\n    command: [python3, step.py]\n    source: [step.py]\n"
            f"    environment: {{JOURNAL: {json.dumps(str(journal))}, PAUSE: '{pause}', ROUND: {{parameter: round}}}}\n"
            f"    outputs: {{number: {{path: number.json, type: value}}}}\n{inputs}{more}"
        )

    steps = [step("s0")]
    for number in range(1, CHAIN):
        steps.append(
            step(
                f"s{number}",
                f"    inputs: {{before: {{step: s{number - 1}, output: number}}}}\n",
            )
        )
    steps.append(
        step(
            "fan",
            f"    inputs: {{before: {{step: s{CHAIN - 1}, output: number}}}}\n",
            f"    forEach: {{in: {json.dumps(list(range(WIDTH)))}, limit: 4}}\n",
        )
    )
    steps.append(step("sum", "    inputs: {all: {step: fan, output: number}}\n"))
    return (
        "apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: crash}\nspec:\n  parameters: [{name: round, type: integer}]\n  steps:\n"
        + "".join(steps)
    )


#: The chain gives CHAIN, each run of the fan CHAIN + 1, the sum one more than all of them.
EXPECTED = 1 + WIDTH * (CHAIN + 1)


def insist(installation, method, path, body=None, headers=None):
    """Asks until there is an answer: what was not answered is asked again with the same key."""
    while True:
        session = installation.session()
        try:
            return session.json(method, path, body, headers)
        except Unanswered:
            time.sleep(0.05)
        finally:
            session.close()


def disturb(installation, execution, kills, rng):
    """Kills and restarts until the execution has ended; returns the kills done and the execution."""
    done = 0
    deadline = time.monotonic() + 600
    while True:
        if done < kills:
            time.sleep(rng.uniform(0.05, 0.8))
            installation.kill()
            installation.start()
            done += 1
        else:
            time.sleep(0.2)
        answer = insist(installation, "GET", f"/api/v1/executions/{execution}")
        if answer.get("ended") is not None:
            return done, answer
        if time.monotonic() > deadline:
            raise SystemExit(
                f"execution {execution} does not end: {json.dumps(answer)[:2000]}"
            )


def complaints(answer, journal):
    """What is wrong with an execution that has ended."""
    found = []
    if answer["status"] != "succeeded":
        found.append(
            f"it has {answer['status']}: {[s for s in answer['steps'] if s['state'] not in ('succeeded', 'reused')]}"
        )
        return found
    total = next(step for step in answer["steps"] if step["name"] == "sum")["outputs"][
        "number"
    ]
    if total != EXPECTED:
        found.append(f"the sum is {total}, not {EXPECTED}")
    ends = collections.Counter()
    for line in journal.read_text().splitlines():
        execution, step, index, word = line.split()
        if execution != answer["id"]:
            continue
        unit = f"{step}[{index}]"
        if word == "ends":
            ends[unit] += 1
        elif ends[unit]:
            found.append(f"{unit} begins again after its end")
    if len(ends) != CHAIN + WIDTH + 1:
        found.append(f"{len(ends)} units have ended, not {CHAIN + WIDTH + 1}")
    found += [
        f"{unit} has ended {count} times" for unit, count in ends.items() if count != 1
    ]
    return found


def torture(engine, kills, seed):
    rng = random.Random(f"pipelines/{seed}/{engine}")
    installation = Installation(engine)
    installation.start()
    done = executions = 0
    began = time.monotonic()
    try:
        journal = installation.folder / "journal"
        journal.touch()
        session = installation.session()
        script = session.json(
            "PUT",
            "/api/v1/blobs",
            SCRIPT.encode(),
            {"Content-Type": "application/octet-stream"},
        )
        text = document(journal, 0.05)
        session.json(
            "POST",
            "/api/v1/pipelines",
            {"document": text, "sources": {"step.py": script["digest"]}},
        )
        session.close()
        while done < kills:
            key = base64.b32encode(rng.randbytes(10)).decode()
            started = insist(
                installation,
                "POST",
                "/api/v1/executions",
                {"pipeline": "crash", "parameters": {"round": executions}},
                {"Idempotency-Key": key},
            )
            killed, answer = disturb(installation, started["id"], kills - done, rng)
            done += killed
            executions += 1
            if found := complaints(answer, journal):
                print(
                    f"{engine}: execution {started['id']} after {killed} kills: {found}; kept in {installation.folder}",
                    flush=True,
                )
                installation.kill()
                installation = None
                return False
        if complaint := installation.ledger_complaint():
            print(f"{engine}: the ledger: {complaint}", flush=True)
            return False
    finally:
        if installation is not None:
            installation.remove()
    seconds = time.monotonic() - began
    print(
        f"{engine}: {done} kills in {executions} executions of {CHAIN + WIDTH + 1} runs, none done twice, none lost, {seconds:.0f} s",
        flush=True,
    )
    return True


if __name__ == "__main__":
    arguments.run(__doc__, "kills", torture)
