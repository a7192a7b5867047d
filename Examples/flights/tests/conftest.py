# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from flights.features import is_late, labelled, model_inputs, read_flights
from flights.model import one_thread, untrained_model

DATA = Path(__file__).parent.parent / "data" / "flights.csv.gz"


@pytest.fixture(scope="session")
def january(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The first 6,000 flights of the year, read through a snapshot file as the steps do."""
    path = tmp_path_factory.mktemp("snapshot") / "january.csv"
    pd.read_csv(DATA, dtype=str, keep_default_na=False, nrows=6000).to_csv(path, index=False)
    return read_flights(path)


@pytest.fixture(scope="session")
def model(january: pd.DataFrame) -> Pipeline:
    examples = labelled(january).head(3000)
    with one_thread():
        return untrained_model().fit(model_inputs(examples), is_late(examples))
