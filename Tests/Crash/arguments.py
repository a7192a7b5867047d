# SPDX-License-Identifier: Apache-2.0
"""What both programs are told, and the sum of what they find."""

import argparse
import os
import random
import sys


def run(description, count, torture):
    """Calls `torture(engine, count, seed)` for each engine; exits with 1 unless all say that they are clean."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument(
        f"--{count}",
        dest="count",
        type=int,
        default=int(os.environ.get("CYCLES", "200")),
    )
    parser.add_argument("--engine", action="append", choices=["sqlite", "postgres"])
    parser.add_argument(
        "--seed",
        default=os.environ.get("SEED") or str(random.SystemRandom().randrange(10**9)),
    )
    options = parser.parse_args()
    engines = options.engine or ["sqlite"] + (
        ["postgres"] if os.environ.get("DHOW_TEST_POSTGRES") else []
    )
    print(f"seed {options.seed}", flush=True)
    results = [torture(engine, options.count, options.seed) for engine in engines]
    sys.exit(0 if all(results) else 1)
