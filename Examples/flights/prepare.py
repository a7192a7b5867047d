# SPDX-License-Identifier: Apache-2.0
"""Splits the flights by time: the months to train on, and a later stretch that only judges."""

import argparse
from pathlib import Path

import pandas as pd


def months(text: str) -> list[int]:
    numbers = [int(part) for part in text.split(",")]
    if not all(1 <= number <= 12 for number in numbers):
        raise argparse.ArgumentTypeError(f"months are 1 to 12, separated by commas, not {text!r}")
    return numbers


def split(flights: pd.DataFrame, train: list[int], heldout: list[int] | None, share: float) -> tuple[pd.DataFrame, ...]:
    """Training and held-out rows; without held-out months, the last `share` of the training rows is held out."""
    chosen = flights[flights["month"].isin(train)]
    if heldout:
        if min(heldout) <= max(train):
            raise SystemExit(f"held-out months {heldout} must come after the training months {train}")
        return chosen, flights[flights["month"].isin(heldout)]
    cut = int(len(chosen) * (1 - share))
    return chosen.iloc[:cut], chosen.iloc[cut:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="CSV, may be compressed; ordered by event_time")
    parser.add_argument("--train-months", type=months, required=True, help="for example 4,5")
    parser.add_argument("--heldout-months", type=months, help="for example 6; default: the end of the training months")
    parser.add_argument("--heldout-share", type=float, default=0.2, help="used without --heldout-months")
    parser.add_argument("--train", type=Path, required=True, help="where the training snapshot goes")
    parser.add_argument("--heldout", type=Path, required=True, help="where the held-out snapshot goes")
    arguments = parser.parse_args()

    # Text stays text, so that a snapshot holds exactly the digits of its source.
    flights = pd.read_csv(arguments.data, dtype=str, keep_default_na=False)
    flights["month"] = flights["month"].astype(int)
    parts = split(flights, arguments.train_months, arguments.heldout_months, arguments.heldout_share)
    for name, path, rows in zip(("train", "held out"), (arguments.train, arguments.heldout), parts, strict=True):
        if rows.empty:
            raise SystemExit(f"{name}: no flights in the months asked for")
        rows.to_csv(path, index=False, lineterminator="\n")
        print(
            f"{name}: {len(rows)} flights, {rows['event_time'].iloc[0]} to {rows['event_time'].iloc[-1]}, "
            f"{(rows['arr_delay'] == '').sum()} without a label"
        )


if __name__ == "__main__":
    main()
