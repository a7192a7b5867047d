# SPDX-License-Identifier: Apache-2.0
"""Kills a real server again and again while clients write, and holds each restart to what was acknowledged.

Usage: crash.py [--cycles N] [--engine sqlite|postgres]... [--seed SEED]

The seed fixes what is written and when the server is killed; the order in which threads run is the machine's.
"""

import random
import time

import arguments
from checks import Check
from installation import Installation
from journal import Journal
from writers import Writers

#: A new installation after so many cycles, so that no cycle waits long for the ledger's verification.
CYCLES_PER_INSTALLATION = 25


class Totals:
    """Sums over the cycles of one engine."""

    def __init__(self):
        self.cycles = self.acknowledged = self.in_flight = self.lost = self.torn = (
            self.wrong
        ) = 0

    def add(self, journal, findings):
        self.cycles += 1
        self.acknowledged += journal.acknowledged()
        kinds = ("experiment", "run", "batch", "version", "alias", "artifact", "blob")
        self.in_flight += sum(
            not write.is_acknowledged for kind in kinds for write in journal.of(kind)
        )
        self.lost += len(findings.lost)
        self.torn += len(findings.torn)
        self.wrong += len(findings.wrong)

    @property
    def are_clean(self):
        return not (self.lost or self.torn or self.wrong)


def cycle(installation, number, seed):
    """Writes, kills, restarts, checks."""
    rng = random.Random(f"{seed}/{number}")
    journal = Journal()
    writers = Writers(installation, journal, number, seed)
    writers.start()
    time.sleep(rng.uniform(0.05, 2.0))
    installation.kill()
    writers.join()
    if rng.random() < 0.2:
        # Killed once more while it starts.
        installation.launch()
        time.sleep(rng.uniform(0, 1.0))
        installation.kill()
    installation.start()
    session = installation.session()
    findings = Check(session, journal, writers.model).all()
    session.close()
    findings.wrong += writers.failures
    if complaint := installation.ledger_complaint():
        findings.wrong.append(f"the ledger: {complaint}")
    return journal, findings


def torture(engine, cycles, seed):
    totals = Totals()
    installation = None
    began = time.monotonic()
    try:
        for number in range(cycles):
            if number % CYCLES_PER_INSTALLATION == 0:
                if installation is not None:
                    installation.remove()
                installation = Installation(engine)
                installation.start()
            journal, findings = cycle(installation, number, seed)
            totals.add(journal, findings)
            for line in findings.lines():
                print(f"{engine} cycle {number}: {line}", flush=True)
            if findings:
                print(
                    f"{engine} cycle {number}: kept in {installation.folder}; repeat with --seed {seed}",
                    flush=True,
                )
                installation.kill()
                installation = None
                break
    finally:
        if installation is not None:
            installation.remove()
    seconds = time.monotonic() - began
    print(
        f"{engine}: {totals.cycles} cycles, {totals.acknowledged} acknowledged writes, {totals.in_flight} in flight when killed, "
        f"{totals.lost} lost, {totals.torn} torn, {totals.wrong} otherwise wrong, {seconds:.0f} s",
        flush=True,
    )
    return totals.are_clean


if __name__ == "__main__":
    arguments.run(__doc__, "cycles", torture)
