# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from evaluate import metrics
from prepare import read, split


def flights(*times: str) -> pd.DataFrame:
    return pd.DataFrame({"event_time": times})


def test_held_out_flights_come_after_all_training_flights() -> None:
    year = flights("2013-01-01", "2013-01-02", "2013-02-01", "2013-02-02")
    train, heldout = split(year, flights("2013-03-01"), 0.2)
    assert (len(train), heldout["event_time"].tolist()) == (4, ["2013-03-01"])
    train, heldout = split(year, None, 0.25)
    assert (train.index.tolist(), heldout.index.tolist()) == ([0, 1, 2], [3])
    with pytest.raises(SystemExit, match="before the training snapshots end"):
        split(year, flights("2013-02-02"), 0.2)


def test_snapshots_are_put_in_order_of_time(tmp_path: Path) -> None:
    later, earlier = tmp_path / "later", tmp_path / "earlier"
    later.write_text("event_time,dest\n2013-02-01,NA\n")
    earlier.write_text("event_time,dest\n2013-01-01,IAH\n")
    assert read([later, earlier])["dest"].tolist() == ["IAH", "NA"]


def test_a_constant_forecast_of_the_late_rate_has_normalized_log_loss_one() -> None:
    late = np.array([0, 0, 0, 1])
    assert metrics(late, np.full(4, 0.25))["normalized_log_loss"] == pytest.approx(1)
    assert metrics(late, np.array([0.1, 0.1, 0.1, 0.9]))["normalized_log_loss"] < 1
    assert metrics(late, np.full(4, 0.5))["log_loss"] == pytest.approx(log_loss(late, np.full(4, 0.5)))
