# SPDX-License-Identifier: Apache-2.0
import argparse

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from evaluate import metrics
from prepare import months, split


def test_held_out_flights_come_after_all_training_flights() -> None:
    flights = pd.DataFrame({"month": [1, 1, 2, 2, 3, 3]})
    train, heldout = split(flights, [1, 2], [3], 0.2)
    assert (train["month"].tolist(), heldout["month"].tolist()) == ([1, 1, 2, 2], [3, 3])
    train, heldout = split(flights, [1, 2], None, 0.25)
    assert (train.index.tolist(), heldout.index.tolist()) == ([0, 1, 2], [3])
    with pytest.raises(SystemExit, match="must come after"):
        split(flights, [2, 3], [3], 0.2)


def test_months_are_refused_outside_the_year() -> None:
    assert months("4,5") == [4, 5]
    with pytest.raises(argparse.ArgumentTypeError):
        months("0,1")


def test_a_constant_forecast_of_the_late_rate_has_normalized_log_loss_one() -> None:
    late = np.array([0, 0, 0, 1])
    assert metrics(late, np.full(4, 0.25))["normalized_log_loss"] == pytest.approx(1)
    assert metrics(late, np.array([0.1, 0.1, 0.1, 0.9]))["normalized_log_loss"] < 1
    assert metrics(late, np.full(4, 0.5))["log_loss"] == pytest.approx(log_loss(late, np.full(4, 0.5)))
