# SPDX-License-Identifier: Apache-2.0
"""What the model may see of a flight, and how it is turned into numbers.

The transformation is part of the fitted pipeline and so of the ONNX graph: clients send the columns as they know them.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder

NUMERIC = ["hour", "dow", "distance", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
CATEGORICAL = ["carrier", "origin", "dest"]
INPUTS = NUMERIC + CATEGORICAL

LATE_AFTER_MINUTES = 15


def read_flights(path: Path) -> pd.DataFrame:
    """Reads a snapshot; numbers are 32-bit as the served model takes them, and a missing number is NaN."""
    dtypes = dict.fromkeys(NUMERIC, np.float32) | dict.fromkeys(CATEGORICAL, str)
    # Without keep_default_na=False a carrier or airport code such as "NA" would read as missing.
    flights = pd.read_csv(path, dtype=dtypes, keep_default_na=False, na_values=[""])
    return flights.astype(dict.fromkeys(CATEGORICAL, object))


def model_inputs(flights: pd.DataFrame) -> pd.DataFrame:
    """The columns the model is served with, in their order: nothing known only after departure, and no date."""
    return flights[INPUTS]


def labelled(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights whose delay is known; cancelled and diverted ones have none."""
    return flights[flights["arr_delay"].notna()]


def is_late(flights: pd.DataFrame) -> np.ndarray:
    """1 where a labelled flight landed more than 15 minutes late, else 0."""
    return (flights["arr_delay"] > LATE_AFTER_MINUTES).to_numpy(dtype=np.int64)


def transformation() -> ColumnTransformer:
    """Numbers pass through, missing ones included (the trees have a branch for them); an unknown code becomes -1."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer([("numeric", "passthrough", NUMERIC), ("codes", codes, CATEGORICAL)])
