# SPDX-License-Identifier: Apache-2.0
"""Half of the highest rate for a long time, with a change of the traffic split every minute; no request may fail.

Run it with the Python of .venv-serving: .venv-serving/bin/python Benchmarks/serving/soak.py --minutes 60
"""

import argparse
import pathlib
import sys
import tempfile
import threading
import time

import contenders
import load
import models

STEPS = [10, 20, 30, 40, 50, 60, 70, 80, 90]


class Splits:
    """Changes the split again and again: each release is taken step by step to 90 %, then back."""

    def __init__(self, dhow, files):
        self.dhow = dhow
        self.files = files
        self.changes = 0
        self.rollout = None
        self.step = 0

    def change(self):
        if self.rollout is None:
            self.dhow.release(self.dhow.model, self.files[self.changes % 2], percents=[*STEPS, 100])
            rollouts = self.dhow.call("GET", f"rollouts?endpoint={self.dhow.model}")["items"]
            self.rollout = next(rollout["id"] for rollout in rollouts if rollout["phase"] == "progressing")
            self.step = 0
        elif self.step + 1 < len(STEPS):
            self.step += 1
            self.dhow.call("POST", f"rollouts/{self.rollout}/shift", {"percent": STEPS[self.step]})
        else:
            self.dhow.call("POST", f"rollouts/{self.rollout}/roll-back", {"reason": "soak"})
            self.rollout = None
        self.changes += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=60, help="seconds between changes of the split")
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak.") as text:
        folder = pathlib.Path(text)
        for name in ("logreg", "gb"):
            models.make(folder, name)
        files = [folder / "gb.onnx", folder / "logreg.onnx"]
        with contenders.Dhow(folder, "logreg") as dhow:
            highest = load.run(dhow, 1, options.connections, 5, folder).rate
            rate = highest / 2
            print(f"highest rate {highest:.0f} requests/s; {rate:.0f} for {options.minutes:g} min", flush=True)
            splits = Splits(dhow, files)
            done = threading.Event()
            cells, faults = [], []

            def send():
                try:
                    deadline = time.monotonic() + options.minutes * 60
                    while time.monotonic() < deadline:
                        seconds = max(1, min(60, int(deadline - time.monotonic())))
                        cell = load.run(dhow, 1, options.connections, seconds, folder, rate=rate)
                        cells.append(cell)
                        print(
                            f"{cell.requests} requests, {cell.errors} failed, CPU {cell.cpu:.4f} ms, p50 {cell.p50:.2f} ms, p99 {cell.p99:.2f} ms, "
                            f"longest {cell.longest:.1f} ms, {load.resident(dhow.process.pid):.0f} MiB, {splits.changes} changes of the split",
                            flush=True,
                        )
                except Exception as error:  # noqa: BLE001 - whatever it is, the soak has failed
                    faults.append(error)
                finally:
                    done.set()

            sender = threading.Thread(target=send)
            sender.start()
            while not done.wait(options.every):
                splits.change()
            sender.join()
            metrics = dhow.metrics()
        requests, failed = sum(cell.requests for cell in cells), sum(cell.errors for cell in cells)
        dropped = metrics.get("dhow_predictions_dropped", 0)
        print(f"{requests} requests, {failed} failed, {splits.changes} changes of the split, {dropped:.0f} predictions not logged")
        if faults:
            raise faults[0]
        if failed or not requests:
            sys.exit(1)


if __name__ == "__main__":
    main()
