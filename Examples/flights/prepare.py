# SPDX-License-Identifier: Apache-2.0
"""Makes the training and the held-out rows of recorded snapshots; what is held out lies after what is trained on."""

import argparse
from pathlib import Path

import pandas as pd


def read(paths: list[Path]) -> pd.DataFrame:
    """The rows of all files in order of time. Text stays text, so that they hold exactly the digits of their source."""
    flights = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths])
    # Times are written so that their order as text is their order in time.
    return flights.sort_values("event_time", kind="stable")


def split(flights: pd.DataFrame, heldout: pd.DataFrame | None, share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and held-out rows; without a held-out snapshot, the last `share` of the training rows is held out."""
    if heldout is None:
        cut = int(len(flights) * (1 - share))
        return flights.iloc[:cut], flights.iloc[cut:]
    if heldout["event_time"].iloc[0] <= flights["event_time"].iloc[-1]:
        raise SystemExit(
            f"the held-out snapshot begins at {heldout['event_time'].iloc[0]}, "
            f"before the training snapshots end at {flights['event_time'].iloc[-1]}"
        )
    return flights, heldout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, nargs="+", help="snapshots to train on, CSV")
    parser.add_argument("--heldout-data", type=Path, help="snapshot to be judged on; default: the end of --data")
    parser.add_argument("--heldout-share", type=float, default=0.2, help="used without --heldout-data")
    parser.add_argument("--train", type=Path, required=True, help="where the training rows go")
    parser.add_argument("--heldout", type=Path, required=True, help="where the held-out rows go")
    arguments = parser.parse_args()

    heldout = read([arguments.heldout_data]) if arguments.heldout_data else None
    parts = split(read(arguments.data), heldout, arguments.heldout_share)
    for name, path, rows in zip(("train", "held out"), (arguments.train, arguments.heldout), parts, strict=True):
        if rows.empty:
            raise SystemExit(f"{name}: there are no flights")
        rows.to_csv(path, index=False, lineterminator="\n")
        print(
            f"{name}: {len(rows)} flights, {rows['event_time'].iloc[0]} to {rows['event_time'].iloc[-1]}, "
            f"{(rows['arr_delay'] == '').sum()} without a label"
        )


if __name__ == "__main__":
    main()
